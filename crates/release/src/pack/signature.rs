//! The signature of the checksums, made with minisign, if there is a key.
//!
//! Who has the public key can check with `minisign -V` that the checksums are ours, and with the
//! checksums everything else. The key comes from the environment and is never on the disk. A
//! signature is salted, so it is the one file that differs when a release is packed again.
//!
//! # Source
//!
//! <https://jedisct1.github.io/minisign/>

use std::io::Cursor;

use minisign::{SecretKey, SecretKeyBox};

use crate::environment::Environment;
use crate::error::{Error, Result};

/// The variable with the content of a secret key file.
const KEY_VARIABLE: &str = "MINISIGN_SECRET_KEY";

/// The variable with the password of the key, if it has one.
const PASSWORD_VARIABLE: &str = "MINISIGN_PASSWORD";

/// What follows the name of the signed file.
pub const EXTENSION: &str = ".minisig";

/// Signs bytes with the key of the environment; without a key there is no signature.
///
/// `comment` is signed as well and shown by whoever checks.
///
/// # Errors
///
/// [`Error::Key`] if the key cannot be used.
pub fn sign(bytes: &[u8], comment: &str, environment: &Environment<'_>) -> Result<Option<Vec<u8>>> {
    let Some(text) = environment.text(KEY_VARIABLE) else {
        return Ok(None);
    };
    let key = key(text, environment.text(PASSWORD_VARIABLE))?;
    let about = Some("minisign signature of the checksums");
    let signature = minisign::sign(None, &key, Cursor::new(bytes), Some(comment), about);
    let signature = signature.map_err(|error| refusal(&error.to_string()))?;
    Ok(Some(signature.into_string().into_bytes()))
}

fn key(text: &str, password: Option<&str>) -> Result<SecretKey> {
    let boxed = SecretKeyBox::from_string(text);
    let key = match password {
        Some(password) => boxed.and_then(|boxed| boxed.into_secret_key(Some(password.to_owned()))),
        None => boxed.and_then(SecretKeyBox::into_unencrypted_secret_key),
    };
    // The library's own message is not passed on: it could hold a part of the key.
    key.map_err(|_| {
        refusal(if password.is_some() {
            "it is no minisign key, or the password is not that of the key"
        } else {
            "it is no minisign key, or the password is missing; a key that was made with \
             `minisign -G -W` carries no checksum, so make one with a password"
        })
    })
}

fn refusal(why: &str) -> Error {
    let variables = format!("{KEY_VARIABLE} (with {PASSWORD_VARIABLE})");
    Error::Key { variables, why: why.to_owned() }
}
