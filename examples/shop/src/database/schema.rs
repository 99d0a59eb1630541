//! Tables, sizes and queries, in SQL that both databases understand.

pub(crate) const PRODUCTS: i64 = 2_000;
pub(crate) const SESSIONS: i64 = 5_000;
const REVIEWS: i64 = 40_000;
const ORDERS: i64 = 50_000;

/// `{series:N}` stands for the numbers 1 to N in the column `n`, which each database makes in its own way.
pub(super) fn seeding(series: impl Fn(i64) -> String) -> Vec<String> {
    vec![
        "DROP TABLE IF EXISTS products; DROP TABLE IF EXISTS reviews; DROP TABLE IF EXISTS sessions; DROP TABLE IF EXISTS orders;"
            .to_owned(),
        "CREATE TABLE products (id BIGINT PRIMARY KEY, name TEXT NOT NULL, price_cents BIGINT NOT NULL, stock BIGINT NOT NULL);
         CREATE TABLE reviews (product_id BIGINT NOT NULL, stars BIGINT NOT NULL);
         CREATE TABLE sessions (token BIGINT PRIMARY KEY, customer TEXT NOT NULL, items_in_cart BIGINT NOT NULL);
         CREATE TABLE orders (product_id BIGINT NOT NULL);"
            .to_owned(),
        format!("INSERT INTO products SELECT n, 'Product ' || n, 100 + n * 37 % 9900, 1000000 FROM {} AS s", series(PRODUCTS)),
        format!("INSERT INTO reviews SELECT 1 + n * 7919 % {PRODUCTS}, 1 + n * 31 % 5 FROM {} AS s", series(REVIEWS)),
        format!("INSERT INTO sessions SELECT n, 'customer-' || n, n % 7 FROM {} AS s", series(SESSIONS)),
        format!("INSERT INTO orders SELECT 1 + (n * n) % {PRODUCTS} FROM {} AS s", series(ORDERS)),
        "CREATE INDEX reviews_product ON reviews (product_id)".to_owned(),
    ]
}

pub(super) const PRODUCT: &str = "SELECT p.id, p.name, p.price_cents, p.stock, \
     COALESCE(AVG(CAST(r.stars AS DOUBLE PRECISION)), 0.0), COUNT(r.stars) \
     FROM products p LEFT JOIN reviews r ON r.product_id = p.id WHERE p.id = $1 GROUP BY p.id, p.name, p.price_cents, p.stock";
pub(super) const SESSION: &str = "SELECT customer, items_in_cart FROM sessions WHERE token = $1";
pub(super) const SOLD: &str =
    "SELECT product_id, COUNT(*) FROM orders GROUP BY product_id ORDER BY 2 DESC, 1 LIMIT $1";
pub(super) const ORDER: &str = "INSERT INTO orders VALUES ($1)";
pub(super) const TAKE: &str = "UPDATE products SET stock = stock - 1 WHERE id = $1";
