//! Turns the service model in `model/` into Rust: one struct a structure, the
//! fault enum, the operation types and the static shape table that the codec reads.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::{env, fs, path::Path};

use serde_json::Value;

const MODEL: &str = "model/elasticache-2015-02-02.json";
/// The shape of a fault's text; faults have a type of their own.
const FAULT_MESSAGE: &str = "AwsQueryErrorMessage";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={MODEL}");
    let text = fs::read_to_string(MODEL).expect("the service model can be read");
    let model: Value = serde_json::from_str(&text).expect("the service model is JSON");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let write = |name: &str, code: String| {
        fs::write(Path::new(&out).join(name), code).expect("OUT_DIR can be written");
    };
    let model = Model(&model);
    write("types.rs", model.types());
    write("enums.rs", model.enums());
    write("shapes.rs", model.shapes());
    write("faults.rs", model.faults());
    write("operations.rs", model.operations());
}

/// The parsed model, with the look-ups that the writers below share.
struct Model<'a>(&'a Value);

impl<'a> Model<'a> {
    fn entries(&self, section: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let table = self.0[section]
            .as_object()
            .expect("the section is an object");
        table.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    fn shape(&self, name: &str) -> &'a Value {
        let shape = &self.0["shapes"][name];
        assert!(shape.is_object(), "shape {name} is missing");
        shape
    }

    /// Structures that are data, not faults.
    fn structures(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.entries("shapes")
            .filter(|(_, shape)| text(shape, "type") == "structure" && shape["exception"].is_null())
    }

    fn rust_type(&self, name: &str) -> String {
        let shape = self.shape(name);
        match text(shape, "type") {
            "string" => "String".into(),
            "boolean" => "bool".into(),
            "integer" => "i32".into(),
            "double" => "f64".into(),
            "timestamp" => "Timestamp".into(),
            "list" => format!("Vec<{}>", self.rust_type(text(&shape["member"], "shape"))),
            "structure" => name.into(),
            other => panic!("shape {name} is of the unknown type {other}"),
        }
    }

    fn types(&self) -> String {
        let mut code = String::new();
        for (name, shape) in self.structures() {
            let mut fields = String::new();
            let (mut take, mut put) = (String::new(), String::new());
            for (member, entry) in members(shape) {
                let field = snake(member);
                let kind = self.rust_type(text(entry, "shape"));
                let _ = writeln!(
                    fields,
                    "    /// The member `{member}`.\n    pub {field}: Option<{kind}>,"
                );
                let _ = writeln!(take, "            {field}: take(&mut fields),");
                let _ = writeln!(put, "            put(&self.{field}),");
            }
            let (binding, body) = if take.is_empty() {
                ("_fields: Vec<Option<Value>>", "Self {}".to_owned())
            } else {
                (
                    "fields: Vec<Option<Value>>",
                    format!(
                        "let mut fields = fields.into_iter();\n        Self {{\n{take}        }}"
                    ),
                )
            };
            let _ = write!(
                code,
                "/// The shape `{name}` of the service model.\n\
                 #[derive(Clone, Debug, Default, PartialEq)]\npub struct {name} {{\n{fields}}}\n\
                 impl Structure for {name} {{\n    \
                 const SHAPE: &'static StructureShape = &crate::shape::table::{};\n    \
                 fn from_fields({binding}) -> Self {{\n        {body}\n    }}\n    \
                 fn to_fields(&self) -> Vec<Option<Value>> {{\n        vec![\n{put}        ]\n    }}\n}}\n\
                 impl Field for {name} {{\n    \
                 fn from_value(value: Value) -> Option<Self> {{ structure_from_value(value) }}\n    \
                 fn to_value(&self) -> Value {{ Value::Structure(self.to_fields()) }}\n}}\n\n",
                constant(name)
            );
        }
        code
    }

    /// One module of constants an enumeration: `automatic_failover_status::ENABLED`.
    fn enums(&self) -> String {
        let mut code = String::new();
        for (name, shape) in self.entries("shapes") {
            let Some(values) = shape["enum"].as_array() else {
                continue;
            };
            let _ = writeln!(
                code,
                "/// The values of `{name}`.\npub mod {} {{",
                snake(name)
            );
            for value in values {
                let value = value.as_str().expect("an enumeration holds strings");
                let constant = value
                    .to_uppercase()
                    .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
                let _ = writeln!(
                    code,
                    "    /// `{value}`\n    pub const {constant}: &str = {value:?};"
                );
            }
            code.push_str("}\n");
        }
        code
    }

    fn shapes(&self) -> String {
        let mut code = String::new();
        for (name, shape) in self
            .entries("shapes")
            .filter(|(name, _)| *name != FAULT_MESSAGE)
        {
            let constant = constant(name);
            match text(shape, "type") {
                "string" => {
                    let _ = writeln!(
                        code,
                        "pub(crate) static {constant}: StringShape = {};",
                        string_shape(name, shape)
                    );
                }
                "list" => {
                    let _ = writeln!(
                        code,
                        "pub(crate) static {constant}: ListShape = {};",
                        self.list_shape(name, shape)
                    );
                }
                "structure" if shape["exception"].is_null() => {
                    let mut rows = String::new();
                    for (member, entry) in members(shape) {
                        let kind = self.kind(text(entry, "shape"));
                        let required = strings(&shape["required"]).any(|name| name == member);
                        let _ = write!(
                            rows,
                            "Member {{ name: {member:?}, required: {required}, kind: {kind} }}, "
                        );
                    }
                    let _ = writeln!(
                        code,
                        "pub(crate) static {constant}: StructureShape = \
                         StructureShape {{ name: {name:?}, members: &[{rows}] }};"
                    );
                }
                _ => {}
            }
        }
        code
    }

    fn list_shape(&self, name: &str, shape: &Value) -> String {
        let member = &shape["member"];
        let element = member["locationName"].as_str().unwrap_or("member");
        format!(
            "ListShape {{ name: {name:?}, element: {element:?}, kind: {}, also_named: {:?}, min: {:?}, max: {:?} }}",
            self.kind(text(member, "shape")),
            shape["locationName"].as_str(),
            shape["min"].as_u64(),
            shape["max"].as_u64(),
        )
    }

    fn kind(&self, name: &str) -> String {
        match text(self.shape(name), "type") {
            "string" => format!("Kind::String(&{})", constant(name)),
            "boolean" => "Kind::Boolean".into(),
            "integer" => "Kind::Integer".into(),
            "double" => "Kind::Double".into(),
            "timestamp" => "Kind::Timestamp".into(),
            "list" => format!("Kind::List(&{})", constant(name)),
            "structure" => format!("Kind::Structure(&{})", constant(name)),
            other => panic!("shape {name} is of the unknown type {other}"),
        }
    }

    fn faults(&self) -> String {
        let (mut variants, mut codes, mut statuses, mut names, mut all) = (
            String::new(),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
        );
        let mut seen = BTreeSet::new();
        for (name, shape) in self
            .entries("shapes")
            .filter(|(_, shape)| !shape["exception"].is_null())
        {
            let variant = fault_variant(name);
            assert!(seen.insert(variant), "two faults would be called {variant}");
            let code = text(&shape["error"], "code");
            let status = shape["error"]["httpStatusCode"]
                .as_u64()
                .expect("a fault has a status");
            let _ = writeln!(variants, "    /// `{code}`, HTTP {status}.\n    {variant},");
            let _ = writeln!(codes, "            Self::{variant} => {code:?},");
            let _ = writeln!(statuses, "            Self::{variant} => {status},");
            let _ = writeln!(names, "            Self::{variant} => {name:?},");
            let _ = write!(all, "Self::{variant}, ");
        }
        format!(
            "/// The faults of the service model.\n\
             #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\npub enum Fault {{\n{variants}}}\n\
             impl Fault {{\n    /// Every fault of the model.\n    pub const ALL: &'static [Self] = &[{all}];\n    \
             /// The code sent in `<Code>`; often shorter than the shape's name.\n    \
             pub fn code(self) -> &'static str {{\n        match self {{\n{codes}        }}\n    }}\n    \
             /// The HTTP status.\n    \
             pub fn status(self) -> u16 {{\n        match self {{\n{statuses}        }}\n    }}\n    \
             /// The name of the shape, which SDKs use for their exception class.\n    \
             pub fn shape_name(self) -> &'static str {{\n        match self {{\n{names}        }}\n    }}\n}}\n"
        )
    }

    fn operations(&self) -> String {
        let (mut code, mut all, mut macro_arms) = (String::new(), String::new(), String::new());
        for (name, operation) in self.entries("operations") {
            let input = text(operation, "input");
            let output = operation["output"].as_str();
            let result = match output {
                Some(shape) => format!(
                    "Some(OutputShape {{ element: {:?}, structure: &crate::shape::table::{} }})",
                    text(operation, "resultWrapper"),
                    constant(shape)
                ),
                None => "None".into(),
            };
            let faults: Vec<_> = strings(&operation["errors"])
                .map(|fault| format!("Fault::{}", fault_variant(fault)))
                .collect();
            let _ = write!(
                code,
                "/// The operation `{name}`.\n#[derive(Clone, Copy, Debug)]\npub struct {name};\n\
                 impl Operation for {name} {{\n    type Input = crate::types::{input};\n    \
                 type Output = {};\n    const SHAPE: &'static OperationShape = &{};\n}}\n\
                 static {}: OperationShape = OperationShape {{ name: {name:?}, \
                 input: &crate::shape::table::{}, output: {result}, faults: &[{}] }};\n\n",
                output.map_or("NoOutput".into(), |shape| format!("crate::types::{shape}")),
                constant(name),
                constant(name),
                constant(input),
                faults.join(", "),
            );
            let _ = write!(all, "&{}, ", constant(name));
            let _ = writeln!(
                macro_arms,
                "            $call!($crate::operations::{name});"
            );
        }
        format!(
            "{code}/// Every operation of the service model, in order of name.\n\
             pub static OPERATIONS: &[&OperationShape] = &[{all}];\n\n\
             /// Calls the given macro once an operation, with the operation's type.\n\
             #[macro_export]\nmacro_rules! for_each_operation {{\n    ($call:ident) => {{\n        \
             {{\n{macro_arms}        }}\n    }};\n}}\n"
        )
    }
}

fn text<'a>(entry: &'a Value, key: &str) -> &'a str {
    entry[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} is missing in {entry}"))
}

fn members(shape: &Value) -> impl Iterator<Item = (&str, &Value)> {
    shape["members"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, entry)| (name.as_str(), entry))
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn string_shape(name: &str, shape: &Value) -> String {
    let values: Vec<_> = strings(&shape["enum"]).collect();
    let pattern = match shape["pattern"].as_str() {
        None => "None",
        Some(r".*\S.*") => "Some(Pattern::NotBlank)",
        Some(r"\d+") => "Some(Pattern::Digits)",
        Some("[a-zA-Z]*") => "Some(Pattern::Letters)",
        Some(r"[a-zA-Z][a-zA-Z0-9\-]*") => "Some(Pattern::Identifier)",
        Some(other) => panic!("shape {name} has the new pattern {other}: add it to Pattern"),
    };
    format!(
        "StringShape {{ name: {name:?}, values: &{values:?}, pattern: {pattern}, min: {:?}, max: {:?} }}",
        shape["min"].as_u64(),
        shape["max"].as_u64(),
    )
}

fn fault_variant(name: &str) -> &str {
    name.strip_suffix("Fault")
        .or_else(|| name.strip_suffix("Exception"))
        .unwrap_or(name)
}

/// `PreferredCacheClusterAZs` becomes `preferred_cache_cluster_azs`: a word ends before
/// a capital that follows a small letter or a digit, or that starts a new word after
/// an acronym.
fn snake(name: &str) -> String {
    let chars: Vec<char> = name.replace("AZs", "Azs").chars().collect();
    let mut word = String::new();
    for (i, c) in chars.iter().enumerate() {
        let after_small = i > 0 && !chars[i - 1].is_uppercase();
        let ends_acronym = i > 0 && chars.get(i + 1).is_some_and(|next| next.is_lowercase());
        if i > 0 && c.is_uppercase() && (after_small || ends_acronym) {
            word.push('_');
        }
        word.extend(c.to_lowercase());
    }
    if word == "type" {
        "r#type".into()
    } else {
        word
    }
}

fn constant(name: &str) -> String {
    snake(name).trim_start_matches("r#").to_uppercase()
}
