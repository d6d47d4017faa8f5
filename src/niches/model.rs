//! The taxonomy: two levels, names and aliases per language.

use super::reading::Glossary;
use crate::error::{FieldError, Violations};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};
use utoipa::ToSchema;

/// Most aliases a niche has in one language.
const MAX_ALIASES: usize = 50;
const MAX_NAME: usize = 100;

/// A name in each language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// English name.
    #[schema(example = "Sustainable fashion", min_length = 1, max_length = 100)]
    pub en: String,
    /// Romanian name.
    #[schema(example = "Modă sustenabilă", min_length = 1, max_length = 100)]
    pub ro: String,
}

/// Other words for a niche, in each language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Aliases {
    /// English aliases.
    #[schema(example = json!(["eco fashion", "slow fashion"]), max_items = 50)]
    pub en: Vec<String>,
    /// Romanian aliases.
    #[schema(example = json!(["haine eco", "modă etică"]), max_items = 50)]
    pub ro: Vec<String>,
}

/// A niche.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Niche {
    /// Its id, such as `sustainable-fashion`.
    pub id: String,
    /// The niche it is part of.
    pub parent: Option<String>,
    /// What it is called.
    pub names: Names,
    /// What else it is called.
    pub aliases: Aliases,
}

/// True for text that may be the id of a niche.
#[must_use]
pub fn is_valid_niche_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !id.starts_with('-')
        && !id.ends_with('-')
}

impl Niche {
    /// Checks a niche that a tenant sends, apart from whether its parent exists.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut violations = Violations::default();
        for (pointer, name) in [("/names/en", &self.names.en), ("/names/ro", &self.names.ro)] {
            violations.text(pointer, name, 1, MAX_NAME);
        }
        for (pointer, aliases) in [("/aliases/en", &self.aliases.en), ("/aliases/ro", &self.aliases.ro)] {
            violations.at_most(pointer, aliases.len(), MAX_ALIASES);
            for (index, alias) in aliases.iter().enumerate().take(MAX_ALIASES) {
                violations.text(&format!("{pointer}/{index}"), alias, 1, MAX_NAME);
            }
        }
        if self.parent.as_deref() == Some(self.id.as_str()) {
            violations.add("/parent", "not_allowed", "a niche cannot be part of itself");
        }
        violations.finish()
    }
}

/// The built-in niches.
#[derive(Debug)]
pub struct Taxonomy {
    niches: BTreeMap<String, Niche>,
    glossary: OnceLock<Arc<Glossary>>,
}

impl Taxonomy {
    /// The taxonomy that is part of the program.
    #[must_use]
    pub fn built_in() -> Self {
        let niches: Vec<Niche> = serde_json::from_str(include_str!("taxonomy.json"))
            .expect("a test reads the taxonomy that is built in");
        let niches = niches.into_iter().map(|niche| (niche.id.clone(), niche)).collect();
        Self { niches, glossary: OnceLock::new() }
    }

    /// A built-in niche.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Niche> {
        self.niches.get(id)
    }
}

/// All niches a tenant sees: the built-in ones and its own.
#[derive(Clone, Debug)]
pub struct NicheTree {
    built_in: Arc<Taxonomy>,
    own: BTreeMap<String, Niche>,
    glossary: OnceLock<Arc<Glossary>>,
}

impl NicheTree {
    /// A tree of the built-in niches and a tenant's own.
    #[must_use]
    pub fn new(built_in: Arc<Taxonomy>, own: Vec<Niche>) -> Self {
        let own = own.into_iter().map(|niche| (niche.id.clone(), niche)).collect();
        Self { built_in, own, glossary: OnceLock::new() }
    }

    /// A niche.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Niche> {
        self.built_in.get(id).or_else(|| self.own.get(id))
    }

    /// Adds or replaces one of the tenant's own niches.
    pub fn insert(&mut self, niche: Niche) {
        self.own.insert(niche.id.clone(), niche);
        self.glossary = OnceLock::new();
    }

    /// The words of all niches. Written when it is first asked for, once for all tenants without niches of their own.
    #[must_use]
    pub fn glossary(&self) -> &Glossary {
        let shared = if self.own.is_empty() { &self.built_in.glossary } else { &self.glossary };
        shared.get_or_init(|| Arc::new(Glossary::of(self)))
    }

    /// The niche a niche is part of.
    #[must_use]
    pub fn parent(&self, id: &str) -> Option<&str> {
        self.get(id)?.parent.as_deref()
    }

    /// All niches in the order of their ids, and whether they are built in.
    #[must_use]
    pub fn all(&self) -> BTreeMap<&str, (&Niche, bool)> {
        let own = self.own.values().map(|niche| (niche.id.as_str(), (niche, false)));
        own.chain(self.built_in.niches.values().map(|niche| (niche.id.as_str(), (niche, true)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::niches::words::folded;
    use std::collections::BTreeSet;

    #[test]
    fn the_built_in_taxonomy_is_large_bilingual_and_well_formed() {
        let taxonomy = Taxonomy::built_in();
        let parents = taxonomy.niches.values().filter(|niche| niche.parent.is_none()).count();
        assert!(parents >= 20 && taxonomy.niches.len() >= 250);
        for niche in taxonomy.niches.values() {
            assert!(is_valid_niche_id(&niche.id), "{}", niche.id);
            assert_eq!(niche.check(), Ok(()), "{}", niche.id);
            assert!(!niche.aliases.en.is_empty() && !niche.aliases.ro.is_empty(), "{}", niche.id);
            if let Some(parent) = &niche.parent {
                assert!(taxonomy.get(parent).is_some_and(|parent| parent.parent.is_none()), "{}", niche.id);
            }
        }
    }

    #[test]
    fn an_alias_is_listed_once_in_a_niche_and_belongs_to_two_niches_at_most() {
        let taxonomy = Taxonomy::built_in();
        let mut niches_of: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for niche in taxonomy.niches.values() {
            for aliases in [&niche.aliases.en, &niche.aliases.ro] {
                let different: BTreeSet<String> = aliases.iter().map(|alias| folded(alias)).collect();
                assert_eq!(different.len(), aliases.len(), "{}", niche.id);
                for alias in different {
                    niches_of.entry(alias).or_default().insert(&niche.id);
                }
            }
        }
        for (alias, niches) in niches_of {
            assert!(niches.len() <= 2, "{alias}: {niches:?}");
        }
    }

    #[test]
    fn the_niches_named_in_the_documentation_exist() {
        let taxonomy = Taxonomy::built_in();
        for id in [
            "gaming",
            "interior-design",
            "healthy-cooking",
            "minimalism",
            "sustainable-fashion",
            "conscious-parenting",
        ] {
            assert!(taxonomy.get(id).is_some(), "{id}");
        }
    }
}
