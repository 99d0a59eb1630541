//! A test server around the generated codec, for `conformance/awsquery/roundtrip.py`.
//!
//! - `POST /` or `GET /?…` with an AWS query request: the input is read into the
//!   operation's struct and kept as JSON; the answer is written from the output that
//!   was put for the operation. The request must be signed with the key `AKIDEXAMPLE`
//!   and the secret `secret`, at the machine's present time.
//! - `PUT /output/<Operation>` with JSON: the output to answer with.
//! - `PUT /fault` with a shape's name: the next answer is this fault.
//! - `GET /input`: the input read last, as JSON.
//! - `GET /faults`: every fault as `{shape: [code, status]}`.
//!
//! Serves one connection at a time on a free port, which it prints.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{SystemTime, UNIX_EPOCH};

use proto_awsquery::shape::{Kind, StructureShape};
use proto_awsquery::sigv4::{Policy, SignedRequest, authenticate};
use proto_awsquery::{ApiError, CommonError, Fault, Form, Operation, Structure, Timestamp, Value};
use proto_awsquery::{decode, encode, for_each_operation};
use serde_json::{Map, Value as Json, json};

fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let mut echo = Echo::default();
    for stream in listener.incoming() {
        if let Err(error) = echo.serve(stream?) {
            eprintln!("echo: {error}");
        }
    }
    Ok(())
}

#[derive(Default)]
struct Echo {
    outputs: HashMap<String, Json>,
    fault: Option<Fault>,
    input: Json,
}

impl Echo {
    fn serve(&mut self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut parts = line.split(' ');
        let (method, target) = (
            parts.next().unwrap_or("").to_owned(),
            parts.next().unwrap_or("").to_owned(),
        );
        let mut headers = Vec::new();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            if header.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':') {
                headers.push((name.to_owned(), value.trim().to_owned()));
            }
        }
        let is_length = |name: &str| name.eq_ignore_ascii_case("content-length");
        let length = headers
            .iter()
            .find(|(name, _)| is_length(name))
            .and_then(|(_, value)| value.parse().ok())
            .unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let (status, text) = self.answer(&method, &target, &headers, &body);
        write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
            text.len()
        )
    }

    fn answer(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> (u16, String) {
        match (method, target) {
            ("GET", "/input") => (200, self.input.to_string()),
            ("GET", "/faults") => {
                let rows = Fault::ALL
                    .iter()
                    .map(|f| (f.shape_name().to_owned(), json!([f.code(), f.status()])));
                (200, Json::Object(rows.collect()).to_string())
            }
            ("PUT", "/fault") => {
                let name = String::from_utf8_lossy(body);
                self.fault = Fault::ALL
                    .iter()
                    .copied()
                    .find(|fault| fault.shape_name() == name);
                (200, String::new())
            }
            ("PUT", path) => {
                let operation = path.trim_start_matches("/output/").to_owned();
                self.outputs.insert(
                    operation,
                    serde_json::from_slice(body).unwrap_or(Json::Null),
                );
                (200, String::new())
            }
            _ => {
                let (path, query) = target.split_once('?').unwrap_or((target, ""));
                let signed = SignedRequest {
                    method,
                    path,
                    query,
                    headers,
                    body,
                };
                let mut form = Form::parse(query.as_bytes());
                form.extend(body);
                let answer = check_signature(&signed).and_then(|()| self.operation(&form));
                match answer {
                    Ok(xml) => (200, xml),
                    Err(error) => (error.status, encode::error(&error, "echo-request")),
                }
            }
        }
    }

    fn operation(&mut self, form: &Form) -> Result<String, ApiError> {
        if let Some(fault) = self.fault.take() {
            return Err(fault.with("as asked & told <now>"));
        }
        let action = form.action()?.to_owned();
        macro_rules! try_operation {
            ($operation:ty) => {
                if action == <$operation as Operation>::SHAPE.name {
                    return self.run::<$operation>(form);
                }
            };
        }
        for_each_operation!(try_operation);
        Err(CommonError::InvalidAction.with(action))
    }

    /// Wire → tree → struct → tree → JSON for the input, and back for the output.
    fn run<O: Operation>(&mut self, form: &Form) -> Result<String, ApiError> {
        let input: O::Input = decode::decode(form)?;
        self.input = structure_to_json(O::Input::SHAPE, &input.to_fields());
        let given = self
            .outputs
            .get(O::SHAPE.name)
            .cloned()
            .unwrap_or(json!({}));
        let output = O::Output::from_fields(structure_from_json(O::Output::SHAPE, &given));
        Ok(encode::response::<O>(&output, "echo-request"))
    }
}

fn check_signature(request: &SignedRequest<'_>) -> Result<(), ApiError> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let keys = |id: &str| (id == "AKIDEXAMPLE").then(|| "secret".to_owned());
    let now = Timestamp(i64::try_from(now).unwrap_or(i64::MAX));
    authenticate(request, &Policy::Known(&keys), now).map(|_| ())
}

fn structure_to_json(shape: &StructureShape, fields: &[Option<Value>]) -> Json {
    let rows = shape.members.iter().zip(fields);
    Json::Object(
        rows.filter_map(|(m, f)| Some((m.name.to_owned(), to_json(m.kind, f.as_ref()?))))
            .collect::<Map<_, _>>(),
    )
}

fn to_json(kind: Kind, value: &Value) -> Json {
    match (kind, value) {
        (Kind::Structure(shape), Value::Structure(fields)) => structure_to_json(shape, fields),
        (Kind::List(shape), Value::List(elements)) => {
            elements.iter().map(|e| to_json(shape.kind, e)).collect()
        }
        (_, Value::String(text)) => json!(text),
        (_, Value::Boolean(value)) => json!(value),
        (_, Value::Integer(value)) => json!(value),
        (_, Value::Double(value)) => json!(value),
        (_, Value::Timestamp(time)) => json!(time.0),
        _ => Json::Null,
    }
}

fn structure_from_json(shape: &StructureShape, json: &Json) -> Vec<Option<Value>> {
    shape
        .members
        .iter()
        .map(|member| {
            json.get(member.name)
                .and_then(|value| from_json(member.kind, value))
        })
        .collect()
}

fn from_json(kind: Kind, json: &Json) -> Option<Value> {
    Some(match kind {
        Kind::Structure(shape) => Value::Structure(structure_from_json(shape, json)),
        Kind::List(shape) => Value::List(
            json.as_array()?
                .iter()
                .filter_map(|e| from_json(shape.kind, e))
                .collect(),
        ),
        Kind::String(_) => Value::String(json.as_str()?.to_owned()),
        Kind::Boolean => Value::Boolean(json.as_bool()?),
        Kind::Integer => Value::Integer(i32::try_from(json.as_i64()?).ok()?),
        Kind::Double => Value::Double(json.as_f64()?),
        Kind::Timestamp => Value::Timestamp(Timestamp(json.as_i64()?)),
    })
}
