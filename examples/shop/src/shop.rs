//! What the shop does: look aside into the cache, else ask the database and keep the answer.

use anyhow::Result;

use crate::cache::Cache;
use crate::database::{Database, PRODUCTS, Sold};

pub(crate) struct Shop {
    pub(crate) database: Database,
    pub(crate) cache: Option<Cache>,
}

impl Shop {
    /// The product's page as JSON.
    pub(crate) async fn product(&self, id: i64) -> Result<Option<String>> {
        let key = product_key(id);
        if let Some(page) = self.cached(&key).await {
            return Ok(Some(page));
        }
        let Some(product) = self.database.product(id).await? else {
            return Ok(None);
        };
        self.kept(&key, serde_json::to_string(&product)?)
            .await
            .map(Some)
    }

    pub(crate) async fn session(&self, token: i64) -> Result<Option<String>> {
        let key = format!("session:{token}");
        if let Some(page) = self.cached(&key).await {
            return Ok(Some(page));
        }
        let Some(session) = self.database.session(token).await? else {
            return Ok(None);
        };
        self.kept(&key, serde_json::to_string(&session)?)
            .await
            .map(Some)
    }

    /// The ten best-selling products.
    pub(crate) async fn leaders(&self) -> Result<Vec<Sold>> {
        let Some(cache) = &self.cache else {
            return self.database.sold(10).await;
        };
        if let Some(leaders) = cache.leaders().await {
            return Ok(leaders);
        }
        let mut sold = self.database.sold(PRODUCTS).await?;
        cache.keep_leaders(&sold).await;
        sold.truncate(10);
        Ok(sold)
    }

    pub(crate) async fn order(&self, product: i64) -> Result<()> {
        self.database.order(product).await?;
        if let Some(cache) = &self.cache {
            cache.drop_page(&product_key(product)).await;
            cache.sold(product).await;
        }
        Ok(())
    }

    async fn cached(&self, key: &str) -> Option<String> {
        self.cache.as_ref()?.page(key).await
    }

    async fn kept(&self, key: &str, page: String) -> Result<String> {
        if let Some(cache) = &self.cache {
            cache.keep_page(key, &page).await;
        }
        Ok(page)
    }
}

fn product_key(id: i64) -> String {
    format!("product:{id}")
}
