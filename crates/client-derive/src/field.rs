//! One field of the struct.

use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{Error, Ident, LitStr, Type};

pub(crate) struct Field<'f> {
    ident: &'f Ident,
    kind: &'f Type,
    /// Name of the attribute.
    pub(crate) attribute: String,
    is_read_only: bool,
    is_object: bool,
}

impl<'f> Field<'f> {
    pub(crate) fn read(field: &'f syn::Field) -> Result<Self, Error> {
        let ident = field.ident.as_ref().ok_or_else(|| Error::new_spanned(field, "a name is missing"))?;
        let mut read = Self { ident, kind: &field.ty, attribute: camel_case(ident), is_read_only: false, is_object: false };
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("attribute")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    read.attribute = meta.value()?.parse::<LitStr>()?.value();
                } else if meta.path.is_ident("read_only") {
                    read.is_read_only = true;
                } else if meta.path.is_ident("object") {
                    read.is_object = true;
                } else {
                    return Err(meta.error("`name = \"…\"`, `read_only` or `object` is meant"));
                }
                Ok(())
            })?;
        }
        Ok(read)
    }

    /// `title: entity.get::<String>("title")?`
    pub(crate) fn reading(&self) -> Tokens {
        let Self { ident, kind, attribute, .. } = self;
        if self.is_object { quote!(#ident: entity.object::<#kind>(#attribute)?) } else { quote!(#ident: entity.get::<#kind>(#attribute)?) }
    }

    /// `entity.update("title", …)?;`
    pub(crate) fn writing(&self) -> Option<Tokens> {
        let Self { ident, attribute, .. } = self;
        if self.is_read_only {
            return None;
        }
        Some(if self.is_object {
            quote!(entity.update_object(#attribute, &self.#ident)?;)
        } else {
            quote!(entity.update(#attribute, ::core::clone::Clone::clone(&self.#ident))?;)
        })
    }
}

/// `full_name` becomes `fullName`.
fn camel_case(ident: &Ident) -> String {
    let text = ident.to_string();
    let text = text.strip_prefix("r#").unwrap_or(&text);
    let mut name = String::with_capacity(text.len());
    let mut raises = false;
    for letter in text.chars() {
        match letter {
            '_' if !name.is_empty() => raises = true,
            _ if raises => {
                name.extend(letter.to_uppercase());
                raises = false;
            }
            _ => name.push(letter),
        }
    }
    name
}
