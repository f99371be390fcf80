//! The text of an expression. Grammar, weakest binding first: `or`; `and`; `not`; comparisons and `is [not] null`; `||`; `+ -`; `* / %`; sign;
//! then literals, attribute names (`"quoted"` when they look like a word of the grammar), functions, `case`, parentheses.
//! `||` binds weaker than arithmetic, so `name || price * 2` needs no parentheses.

use super::{Binary, Expression, Function, Unary};

/// Nested deeper than this, an expression is refused.
const MAX_DEPTH: usize = 64;

/// Words, names, literals and symbols of the longest expression: what walks the tree may recurse.
const MAX_TOKENS: usize = 1000;

/// Why a text is no expression.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message} (at character {position})")]
pub struct ExpressionError {
    /// Character in the text, from 1.
    pub position: usize,
    /// What is wrong.
    pub message: String,
}

/// Reads an expression. `resolve` turns a name into what it stands for, or says why it cannot be used.
pub fn parse(text: &str, resolve: &mut dyn FnMut(&str) -> Result<Expression, String>) -> Result<Expression, ExpressionError> {
    let tokens = tokens(text)?;
    if let Some((start, _)) = tokens.get(MAX_TOKENS) {
        return Err(error(*start, "the expression is too long"));
    }
    let mut parser = Parser { tokens, next: 0, end: text.chars().count() + 1, depth: 0, resolve };
    let expression = parser.disjunction()?;
    if parser.next < parser.tokens.len() {
        return Err(parser.error("an operator or the end was expected here"));
    }
    Ok(expression)
}

#[derive(Clone, PartialEq, Debug)]
enum Token {
    /// A word, or a name in double quotes (true).
    Name(String, bool),
    Text(String),
    Number(String),
    Symbol(&'static str),
}

/// Longest first.
const SYMBOLS: [&str; 17] = ["||", "<=", ">=", "<>", "!=", "==", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ","];

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ExpressionError> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        let start = at;
        let token = if c.is_whitespace() {
            at += 1;
            continue;
        } else if *c == '\'' || *c == '"' {
            let inner = quoted(&chars, &mut at).ok_or_else(|| error(start, "the quote is not closed"))?;
            if *c == '\'' { Token::Text(inner) } else { Token::Name(inner, true) }
        } else if c.is_ascii_digit() {
            while chars.get(at).is_some_and(|c| c.is_ascii_digit() || *c == '.') {
                at += 1;
            }
            if chars.get(at).is_some_and(|c| *c == 'e' || *c == 'E') {
                let sign = usize::from(chars.get(at + 1).is_some_and(|c| *c == '-' || *c == '+'));
                at += 1 + sign;
                while chars.get(at).is_some_and(char::is_ascii_digit) {
                    at += 1;
                }
            }
            let number: String = chars[start..at].iter().collect();
            if crate::decimal::parse(&number).is_none() || chars.get(at).is_some_and(|c| crate::names::is_name_char(*c)) {
                return Err(error(start, "this is no number"));
            }
            Token::Number(number)
        } else if c.is_alphabetic() || *c == '_' {
            while chars.get(at).is_some_and(|c| crate::names::is_name_char(*c)) {
                at += 1;
            }
            Token::Name(chars[start..at].iter().collect(), false)
        } else {
            let rest: String = chars[at..].iter().take(2).collect();
            let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol));
            let symbol = symbol.ok_or_else(|| error(start, format!("{c} has no meaning here")))?;
            at += symbol.len();
            Token::Symbol(symbol)
        };
        tokens.push((start, token));
    }
    Ok(tokens)
}

/// The text between quotes of one kind; a doubled quote stands for itself.
fn quoted(chars: &[char], at: &mut usize) -> Option<String> {
    let quote = chars[*at];
    let mut inner = String::new();
    *at += 1;
    loop {
        let c = *chars.get(*at)?;
        *at += 1;
        if c == quote {
            if chars.get(*at) != Some(&quote) {
                return Some(inner);
            }
            *at += 1;
        }
        inner.push(c);
    }
}

fn error(start: usize, message: impl Into<String>) -> ExpressionError {
    ExpressionError { position: start + 1, message: message.into() }
}

struct Parser<'a> {
    tokens: Vec<(usize, Token)>,
    next: usize,
    end: usize,
    depth: usize,
    resolve: &'a mut dyn FnMut(&str) -> Result<Expression, String>,
}

type Parsed = Result<Expression, ExpressionError>;

impl Parser<'_> {
    fn disjunction(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("the expression is nested too deeply"));
        }
        let mut left = self.conjunction()?;
        while self.word("or") {
            left = binary(Binary::Or, left, self.conjunction()?);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn conjunction(&mut self) -> Parsed {
        let mut left = self.negation()?;
        while self.word("and") {
            left = binary(Binary::And, left, self.negation()?);
        }
        Ok(left)
    }

    fn negation(&mut self) -> Parsed {
        let mut count = 0;
        while self.word("not") {
            count += 1;
        }
        let inner = self.comparison()?;
        Ok(if count == 0 {
            inner
        } else if count == 1 {
            Expression::Unary(Unary::Not, Box::new(inner))
        } else {
            return Err(self.error("not stands once"));
        })
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.concatenation()?;
        if self.word("is") {
            let is_not = self.word("not");
            return if self.word("null") {
                Ok(Expression::IsNull(Box::new(left), is_not))
            } else {
                Err(self.error("null was expected after is"))
            };
        }
        let operator = self.operator(&[
            ("=", Binary::Equal),
            ("==", Binary::Equal),
            ("<>", Binary::NotEqual),
            ("!=", Binary::NotEqual),
            ("<=", Binary::LessOrEqual),
            (">=", Binary::GreaterOrEqual),
            ("<", Binary::Less),
            (">", Binary::Greater),
        ]);
        match operator {
            Some(operator) => Ok(binary(operator, left, self.concatenation()?)),
            None => Ok(left),
        }
    }

    fn concatenation(&mut self) -> Parsed {
        let mut left = self.sum()?;
        while let Some(operator) = self.operator(&[("||", Binary::Concat)]) {
            left = binary(operator, left, self.sum()?);
        }
        Ok(left)
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        while let Some(operator) = self.operator(&[("+", Binary::Add), ("-", Binary::Subtract)]) {
            left = binary(operator, left, self.product()?);
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.signed()?;
        while let Some(operator) = self.operator(&[("*", Binary::Multiply), ("/", Binary::Divide), ("%", Binary::Modulo)]) {
            left = binary(operator, left, self.signed()?);
        }
        Ok(left)
    }

    fn signed(&mut self) -> Parsed {
        if self.symbol("-") {
            return Ok(Expression::Unary(Unary::Negate, Box::new(self.primary()?)));
        }
        self.primary()
    }

    fn primary(&mut self) -> Parsed {
        let here = self.next;
        let Some((_, token)) = self.tokens.get(here).cloned() else {
            return Err(self.error("the expression ends too early"));
        };
        self.next += 1;
        match token {
            Token::Text(text) => Ok(Expression::Text(text)),
            Token::Number(number) => Ok(Expression::Number(number)),
            Token::Symbol("(") => {
                let inner = self.disjunction()?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Symbol(_) => {
                self.next = here;
                Err(self.error("a value was expected here"))
            }
            Token::Name(name, false) if self.symbol("(") => self.call(here, &name),
            Token::Name(name, is_quoted) => self.name(here, &name, is_quoted),
        }
    }

    fn name(&mut self, here: usize, name: &str, is_quoted: bool) -> Parsed {
        if !is_quoted {
            match name.to_ascii_lowercase().as_str() {
                "null" => return Ok(Expression::Null),
                "true" => return Ok(Expression::Bool(true)),
                "false" => return Ok(Expression::Bool(false)),
                "case" => return self.case(),
                "and" | "or" | "not" | "is" | "when" | "then" | "else" | "end" => {
                    self.next = here;
                    return Err(self.error("a value was expected here"));
                }
                _ => {}
            }
        }
        (self.resolve)(name).map_err(|message| {
            self.next = here;
            self.error(message)
        })
    }

    fn call(&mut self, here: usize, name: &str) -> Parsed {
        let found = Function::ALL.into_iter().find(|(_, known, ..)| known.eq_ignore_ascii_case(name));
        let Some((function, _, least, most)) = found else {
            self.next = here;
            return Err(self.error(format!("there is no function {name}")));
        };
        let mut arguments = vec![self.disjunction()?];
        while self.symbol(",") {
            arguments.push(self.disjunction()?);
        }
        self.expect(")")?;
        if arguments.len() < least || arguments.len() > most {
            self.next = here;
            return Err(self.error(format!("{name} does not take {} values", arguments.len())));
        }
        Ok(Expression::Call(function, arguments))
    }

    fn case(&mut self) -> Parsed {
        let mut branches = Vec::new();
        while self.word("when") {
            let condition = self.disjunction()?;
            if !self.word("then") {
                return Err(self.error("then was expected here"));
            }
            branches.push((condition, self.disjunction()?));
        }
        if branches.is_empty() {
            return Err(self.error("when was expected after case"));
        }
        let otherwise = if self.word("else") { Some(Box::new(self.disjunction()?)) } else { None };
        if !self.word("end") {
            return Err(self.error("end was expected here"));
        }
        Ok(Expression::Case(branches, otherwise))
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.next), Some((_, Token::Name(name, false))) if name.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.tokens.get(self.next), Some((_, Token::Symbol(found))) if *found == symbol);
        self.next += usize::from(found);
        found
    }

    fn operator(&mut self, operators: &[(&str, Binary)]) -> Option<Binary> {
        operators.iter().find(|(symbol, _)| self.symbol(symbol)).map(|(_, operator)| *operator)
    }

    fn expect(&mut self, symbol: &str) -> Result<(), ExpressionError> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.error(format!("{symbol} was expected here"))) }
    }

    /// An error at the token that comes next.
    fn error(&self, message: impl Into<String>) -> ExpressionError {
        let start = self.tokens.get(self.next).map_or(self.end - 1, |(start, _)| *start);
        error(start, message)
    }
}

fn binary(operator: Binary, left: Expression, right: Expression) -> Expression {
    Expression::Binary(operator, Box::new(left), Box::new(right))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::AttrId;

    fn read(text: &str) -> Parsed {
        parse(text, &mut |name| match name {
            "a" => Ok(Expression::Attribute(AttrId(0))),
            "end" => Ok(Expression::Attribute(AttrId(1))),
            _ => Err(format!("there is no attribute {name}")),
        })
    }

    /// Fully parenthesised.
    fn shape(expression: &Expression) -> String {
        match expression {
            Expression::Attribute(id) => format!("@{}", id.0),
            Expression::Text(text) => format!("'{text}'"),
            Expression::Number(number) => number.clone(),
            Expression::Null => "null".into(),
            Expression::Bool(is_true) => is_true.to_string(),
            Expression::Unary(operator, inner) => format!("({operator:?} {})", shape(inner)),
            Expression::Binary(operator, left, right) => format!("({} {operator:?} {})", shape(left), shape(right)),
            Expression::Call(function, arguments) => {
                format!("{function:?}({})", arguments.iter().map(shape).collect::<Vec<_>>().join(", "))
            }
            Expression::Case(branches, otherwise) => {
                let branches: Vec<_> =
                    branches.iter().map(|(condition, result)| format!("{}:{}", shape(condition), shape(result))).collect();
                format!("Case[{}]{:?}", branches.join(","), otherwise.as_deref().map(shape))
            }
            Expression::IsNull(inner, is_not) => format!("({} null {is_not})", shape(inner)),
        }
    }

    #[test]
    fn precedence() {
        for (text, expected) in [
            ("a || ' #' || 1 + 2 * 3", "((@0 Concat ' #') Concat (1 Add (2 Multiply 3)))"),
            ("1 - 2 - -3", "((1 Subtract 2) Subtract (Negate 3))"),
            ("not a = 1 or a < 2 and a >= 3", "((Not (@0 Equal 1)) Or ((@0 Less 2) And (@0 GreaterOrEqual 3)))"),
            ("(a or true) AND a is not null", "((@0 Or true) And (@0 null true))"),
            ("'it''s' <> \"end\"", "('it's' NotEqual @1)"),
            ("Coalesce(a, UPPER('x'), 1.5e3)", "Coalesce(@0, Upper('x'), 1.5e3)"),
            ("case when a is null then 0 else a end", "Case[(@0 null false):0]Some(\"@0\")"),
        ] {
            assert_eq!(shape(&read(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn errors_say_where() {
        for (text, position) in [
            ("", 1),
            ("a +", 4),
            ("a b", 3),
            ("b || 'x'", 1),
            ("a || 'x", 6),
            ("drop(a)", 1),
            ("min(a)", 1),
            ("a; delete", 2),
            ("(a", 3),
            ("1.2.3", 1),
            ("case end", 6),
            ("select a", 1),
            ("a is 1", 6),
        ] {
            assert_eq!(read(text).unwrap_err().position, position, "{text}: {}", read(text).unwrap_err());
        }
        assert!(read(&"(".repeat(500)).unwrap_err().message.contains("nested"));
        assert!(read(&"a+".repeat(10_000)).unwrap_err().message.contains("too long"));
    }

    #[test]
    fn attributes_are_found_once() {
        assert_eq!(read("case when a = \"end\" then abs(a) end").unwrap().attributes(), [AttrId(0), AttrId(1)]);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_parser(text in "[a-c'\"()0-9.e|<>=!+*/%, -]{0,40}") {
            let _ = read(&text);
        }
    }
}
