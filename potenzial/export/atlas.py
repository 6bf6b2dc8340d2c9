"""The map as a Parquet file for tools that draw and search it, such as Embedding Atlas."""

from pathlib import Path
from typing import Final

import polars as pl

from embeddings.map import Atlas
from potenzial.report.plain import LONGEST_NAME, shown

#: Columns of `out/map.parquet`; potential and revenue in EUR per year.
COLUMNS: Final = pl.Schema(
    {
        "id": pl.String(),
        "x": pl.Float32(),
        "y": pl.Float32(),
        "text": pl.String(),
        "cluster": pl.String(),
        "class": pl.String(),
        "potential": pl.Float64(),
        "class_revenue": pl.String(),
        "revenue": pl.Float64(),
        "action": pl.String(),
    }
)
_LONGEST_TEXT: Final = 600


def write_map(atlas: Atlas, customers: pl.DataFrame, keywords: pl.DataFrame, path: Path) -> None:
    """Write one row per company on the map, sorted by id, so that the file appears whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    exported(atlas, customers, keywords).write_parquet(partial)
    partial.replace(path)


def exported(atlas: Atlas, customers: pl.DataFrame, keywords: pl.DataFrame) -> pl.DataFrame:
    """Join places and groups with customers (POTENTIAL) and phrases (KEYWORDS) to the columns of the file.

    `text` is name, industry and phrases; `cluster` is the number and the first two phrases of the group.
    """
    rows = atlas.places.join(_groups(atlas.groups), on="cluster").join(customers, on="customer_id")
    full = rows.join(_phrases(keywords), on="customer_id", how="left").sort("customer_id")
    text = pl.concat_str("name", "industry_label", "phrases", separator=" · ", ignore_nulls=True).alias("text")
    return full.select(
        pl.col("customer_id").alias("id"),
        "x",
        "y",
        text.map_elements(lambda value: shown(value, _LONGEST_TEXT), return_dtype=pl.String),
        pl.col("group").alias("cluster"),
        pl.col("class_potential").alias("class"),
        "potential",
        "class_revenue",
        "revenue",
        "action",
    ).match_to_schema(COLUMNS)


def _groups(groups: pl.DataFrame) -> pl.DataFrame:
    names = (", ".join(phrases[:2]) for phrases in groups["phrases"].to_list())
    labels = [shown(f"{number} {name}", LONGEST_NAME) for number, name in zip(groups["cluster"], names, strict=True)]
    return groups.select("cluster").with_columns(group=pl.Series(labels, dtype=pl.String))


def _phrases(keywords: pl.DataFrame) -> pl.DataFrame:
    return keywords.group_by("customer_id", maintain_order=True).agg(phrases=pl.col("phrase").str.join(", "))
