//! `#[derive(Dataclass)]` of `claviger-client`: a struct whose fields are attributes of a dataclass.

mod field;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, LitStr, parse_macro_input};

use field::Field;

/// Makes a struct a typed entity (`claviger_client::TypedEntity`).
///
/// The dataclass is called as the struct, or as `#[dataclass(name = "Book")]` says. A field is the attribute of its name in camel case (`full_name` is
/// `fullName`), or of the name in `#[attribute(name = "ID")]`. `#[attribute(read_only)]`: it is read and never written. `#[attribute(object)]`: an
/// object attribute that serde reads and writes.
#[proc_macro_derive(Dataclass, attributes(dataclass, attribute))]
pub fn dataclass(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

fn expand(input: &DeriveInput) -> Result<Tokens, Error> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "Dataclass can be derived for structs only"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(&input.ident, "Dataclass needs fields with names"));
    };
    let fields = fields.named.iter().map(Field::read).collect::<Result<Vec<_>, _>>()?;
    let dataclass = dataclass_name(input)?;
    let names = fields.iter().map(|field| &field.attribute);
    let reads = fields.iter().map(Field::reading);
    let writes = fields.iter().filter_map(Field::writing);
    let (name, (generics, arguments, bounds)) = (&input.ident, input.generics.split_for_impl());
    Ok(quote! {
        impl #generics ::claviger_client::TypedEntity for #name #arguments #bounds {
            const DATACLASS: &'static str = #dataclass;
            const ATTRIBUTES: &'static [&'static str] = &[#(#names),*];

            fn from_entity(entity: &::claviger_client::Entity) -> ::claviger_client::Result<Self> {
                ::core::result::Result::Ok(Self { #(#reads),* })
            }

            fn write_to(&self, entity: &mut ::claviger_client::Entity) -> ::claviger_client::Result<()> {
                #(#writes)*
                ::core::result::Result::Ok(())
            }
        }
    })
}

fn dataclass_name(input: &DeriveInput) -> Result<String, Error> {
    let mut name = input.ident.to_string();
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("dataclass")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("name") {
                return Err(meta.error("`name = \"…\"` is meant"));
            }
            name = meta.value()?.parse::<LitStr>()?.value();
            Ok(())
        })?;
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::expand;

    #[test]
    fn names_are_the_dialects() {
        let made = expand(&parse_quote! {
            #[dataclass(name = "Book")]
            struct Volume { #[attribute(name = "ID", read_only)] id: i64, author_name: String }
        });
        let made = made.unwrap().to_string();
        assert!(made.contains("\"Book\"") && made.contains("\"authorName\"") && made.contains("\"ID\""), "{made}");
        assert_eq!(made.matches("update").count(), 1, "what is read only is not written: {made}");
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        assert!(
            expand(&parse_quote!(
                enum Kind {
                    One,
                }
            ))
            .is_err()
        );
        assert!(
            expand(&parse_quote!(
                struct Pair(i64, i64);
            ))
            .is_err()
        );
        assert!(
            expand(&parse_quote!(
                #[dataclass(nmae = "x")]
                struct Book {
                    title: String,
                }
            ))
            .is_err()
        );
        assert!(
            expand(&parse_quote!(
                struct Book {
                    #[attribute(readonly)]
                    title: String,
                }
            ))
            .is_err()
        );
    }
}
