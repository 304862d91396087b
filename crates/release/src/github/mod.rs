//! GitHub, as far as a release needs it.
//!
//! [`address`] says where the host listens and which addresses may see the token; [`refusal`]
//! says why a request was not granted and what to do about it; [`client`] sends requests at the
//! pace that the host asks for; [`access`] is whom it knows us as; [`release`], [`pull`] and
//! [`settings`] are what it is asked about.
//!
//! # Source
//!
//! The REST API of 2022-11-28, <https://docs.github.com/en/rest>.

pub mod address;
pub mod refusal;
pub mod client;
pub mod access;
pub mod release;
pub mod pull;
pub mod settings;
