//! Where a replica is reached.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

/// Host and port, such as `10.0.0.7:8080`, `[fd00::7]:8080` or `voci-1.internal:8080`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

/// Why a text is no address.
#[derive(Debug, thiserror::Error)]
#[error("write host:port, such as voci-1.internal:8080")]
pub struct NotAnAddress;

impl Address {
    /// Where a process is reached that listens here and was not told. An unspecified address tells others nothing; then it is
    /// the one under which the database sees the process, and on a Unix socket, where all are on one machine, the loopback one.
    #[must_use]
    pub fn of(listening: SocketAddr, seen_as: Option<IpAddr>) -> Self {
        let ip = match listening.ip() {
            ip if ip.is_unspecified() => seen_as.unwrap_or(Ipv4Addr::LOCALHOST.into()),
            ip => ip,
        };
        Self(SocketAddr::new(ip, listening.port()).to_string())
    }

    /// The address as it stands in a URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (host, port) = text.rsplit_once(':').ok_or(NotAnAddress)?;
        let is_port =
            port.bytes().all(|c| c.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
        if is_port && is_host(host) { Ok(Self(text.to_owned())) } else { Err(NotAnAddress) }
    }
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(literal) => literal.parse::<Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(listening: &str, seen_as: Option<&str>) -> String {
        Address::of(listening.parse().unwrap(), seen_as.map(|ip| ip.parse().unwrap())).to_string()
    }

    #[test]
    fn an_unspecified_address_becomes_the_one_the_database_sees() {
        assert_eq!(of("10.0.0.7:8080", Some("10.9.9.9")), "10.0.0.7:8080");
        assert_eq!(of("0.0.0.0:8080", Some("10.0.0.7")), "10.0.0.7:8080");
        assert_eq!(of("[::]:8080", Some("fd00::7")), "[fd00::7]:8080");
        assert_eq!(of("0.0.0.0:8080", None), "127.0.0.1:8080");
    }

    #[test]
    fn host_and_port_are_an_address_and_nothing_else_is() {
        for text in ["10.0.0.7:8080", "[fd00::7]:8080", "voci-1.internal:80", "voci_2:65535"] {
            assert_eq!(text.parse::<Address>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "voci",
            ":80",
            "voci:",
            "voci:0",
            "voci:+80",
            "voci:65536",
            "http://voci:80",
            "voci:80/",
            "a@voci:80",
            "fd00::7:80",
            "[voci]:80",
            "vo ci:80",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_process_is_reached_at_can_be_told_to_it() {
        for address in [of("0.0.0.0:8080", None), of("[::]:1", Some("fd00::7"))] {
            assert_eq!(address.parse::<Address>().unwrap().to_string(), address);
        }
    }
}
