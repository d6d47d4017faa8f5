//! Changing parts of a profile: JSON Merge Patch (RFC 7396).

use super::model::{Account, AccountInput, CreatorInput, Profile};
use crate::error::FieldError;
use serde_json::Value;

/// Why a patch cannot be applied.
#[derive(Debug)]
pub enum PatchError {
    /// The patched profile would not have the shape of a profile.
    Shape(FieldError),
    /// The patched profile would break rules.
    Rules(Vec<FieldError>),
}

/// The profile after a patch. An account that keeps platform and handle keeps its engager, which callers cannot read
/// and so could not send back.
pub fn apply(profile: &Profile, patch: &Value, engager_secret: &[u8; 32]) -> Result<Profile, PatchError> {
    let mut document = serde_json::to_value(as_input(profile)).expect("a profile is plain JSON");
    json_patch::merge(&mut document, patch);
    let input: CreatorInput = serde_path_to_error::deserialize(&document)
        .map_err(|error| PatchError::Shape(crate::http::body::field_error(&error)))?;
    let mut patched = Profile::parse(input, engager_secret).map_err(PatchError::Rules)?;
    for account in &mut patched.accounts {
        let before = profile
            .accounts
            .iter()
            .find(|old| old.platform == account.platform && old.handle == account.handle);
        account.engager_key = account.engager_key.or(before.and_then(|old| old.engager_key));
    }
    Ok(patched)
}

/// A profile as it would be sent, without what cannot be read back.
#[must_use]
pub fn as_input(profile: &Profile) -> CreatorInput {
    let Profile { display_name, bio, country, region, city, languages, values, niches, accounts } =
        profile.clone();
    let accounts = accounts.into_iter().map(account_input).collect();
    CreatorInput { display_name, bio, country, region, city, languages, values, niches, accounts }
}

fn account_input(account: Account) -> AccountInput {
    AccountInput {
        platform: account.platform,
        handle: account.handle,
        followers: account.followers.map(i64::from),
        engager_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn profile() -> Profile {
        let input = json!({
            "display_name": "Ana", "country": "RO", "city": "Cluj", "languages": ["ro"], "niches": ["gaming"],
            "accounts": [{"platform": "instagram", "handle": "ana", "followers": 10, "engager_id": "u1"}]
        });
        Profile::parse(serde_json::from_value(input).unwrap(), &[0; 32]).unwrap()
    }

    #[test]
    fn null_removes_and_the_rest_stays() {
        let patched = apply(&profile(), &json!({"city": null, "bio": "new"}), &[0; 32]).unwrap();
        assert_eq!((patched.city, patched.bio.as_str()), (None, "new"));
        assert_eq!(patched.accounts, profile().accounts);
    }

    #[test]
    fn an_account_with_the_same_name_keeps_its_engager() {
        let accounts = json!({"accounts": [{"platform": "instagram", "handle": "ana", "followers": 20}]});
        let patched = apply(&profile(), &accounts, &[0; 32]).unwrap();
        assert_eq!(patched.own_engagers(), profile().own_engagers());
    }

    #[test]
    fn required_fields_cannot_be_removed() {
        let error = apply(&profile(), &json!({"country": null}), &[0; 32]).unwrap_err();
        assert!(matches!(error, PatchError::Shape(field) if field.pointer == "/country"));
        assert!(matches!(apply(&profile(), &json!({"niches": 5}), &[0; 32]), Err(PatchError::Shape(_))));
        assert!(matches!(apply(&profile(), &json!({"country": "zz"}), &[0; 32]), Err(PatchError::Rules(_))));
    }
}
