//! Binds as PostgreSQL takes them: in the type that the statement gives the parameter.

use std::error::Error;

use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::bind::Bind;

/// Microseconds between 1970 and 2000, where PostgreSQL counts from.
pub(super) const EPOCH: i64 = 946_684_800_000_000;

impl ToSql for Bind {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            // Read by a cast of the statement, or by a column that is of another kind of number than the model says.
            Self::Integer(number) if is_text(ty) => number.to_string().to_sql(ty, out),
            Self::Real(number) if is_text(ty) => number.to_string().to_sql(ty, out),
            Self::Text(digits) if *ty == Type::FLOAT8 => digits.parse::<f64>()?.to_sql(ty, out),
            Self::Text(digits) if *ty == Type::FLOAT4 => digits.parse::<f32>()?.to_sql(ty, out),
            Self::Text(digits) if matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8) => whole(digits.parse()?, ty, out),
            Self::Integer(number) => whole(*number, ty, out),
            Self::Real(number) if *ty == Type::FLOAT4 => (*number as f32).to_sql(ty, out),
            Self::Real(number) => number.to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Blob(bytes) if *ty == Type::UUID && bytes.len() != 16 => Err("a UUID has 16 bytes".into()),
            Self::Blob(bytes) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn is_text(ty: &Type) -> bool {
    matches!(*ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR)
}

/// A whole number as what the parameter is: a number, a truth value, an instant.
fn whole(number: i64, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
    match *ty {
        Type::BOOL => (number != 0).to_sql(ty, out),
        Type::INT2 => i16::try_from(number)?.to_sql(ty, out),
        Type::INT4 => i32::try_from(number)?.to_sql(ty, out),
        Type::FLOAT4 => (number as f32).to_sql(ty, out),
        Type::FLOAT8 => (number as f64).to_sql(ty, out),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => number
            .checked_mul(1000)
            .and_then(|micros| micros.checked_sub(EPOCH))
            .ok_or("an instant beyond what can be stored")?
            .to_sql(&Type::INT8, out),
        _ => number.to_sql(&Type::INT8, out),
    }
}
