//! Inputs as the Rust harness reads them: one line a call, tokens separated by spaces, no types.
//! Main function: [`line`]. The types are in the harness's adapters.

use std::fmt::Write as _;

use zerr_core::value::Value;

/// The arguments of one call.
pub(crate) fn line(arguments: &[Value]) -> String {
    let mut text = String::new();
    for argument in arguments {
        write(argument, &mut text);
    }
    text.pop();
    text
}

fn write(value: &Value, text: &mut String) {
    // Writing to a String cannot fail.
    let mut token = |token: std::fmt::Arguments<'_>| {
        let _ = write!(text, "{token} ");
    };
    match value {
        Value::Unit => {}
        Value::None => token(format_args!("0")),
        Value::Bool(flag) => token(format_args!("{}", u8::from(*flag))),
        Value::Int(_, number) => token(format_args!("{number}")),
        Value::Float(_, bits) => token(format_args!("{bits}")),
        Value::Char(c) => token(format_args!("{}", u32::from(*c))),
        Value::Str(string) => hex(string.as_bytes(), text),
        Value::Bytes(bytes) => hex(bytes, text),
        Value::Tuple(items) => {
            for item in items {
                write(item, text);
            }
        }
        Value::List(items) | Value::Set(items) => {
            token(format_args!("{}", items.len()));
            for item in items {
                write(item, text);
            }
        }
        Value::Map(entries) => {
            token(format_args!("{}", entries.len()));
            for (key, value) in entries {
                write(key, text);
                write(value, text);
            }
        }
        Value::Some(item) | Value::Err(item) => {
            token(format_args!("1"));
            write(item, text);
        }
        Value::Ok(item) => {
            token(format_args!("0"));
            write(item, text);
        }
        // Never reached: `job::check` refuses declared types.
        Value::Struct(..) | Value::Enum(..) => token(format_args!("?")),
    }
}

fn hex(bytes: &[u8], text: &mut String) {
    text.push('x');
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text.push(' ');
}
