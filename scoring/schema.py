"""The tables that scoring takes and gives, one `pl.Schema` each. EUR columns are EUR per year."""

from typing import Final

import polars as pl

#: The address stock after import. `revenue` is the last 12 months, `revenue_best` the best of the last three years;
#: `annualised` is `revenue` scaled to 12 months for who has been buying for a part of them, and `trains` says whether a
#: model may learn from it; both are null where only sums of years are known, which are taken as they are.
#: `site` names the website as the crawler does, `site_source` says where it comes from: "website", "email" or, once
#: its Impressum has proved it, "guess" (null without a site); `vat_id` is in capitals without blanks and dots.
CUSTOMERS: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "name": pl.String(),
        "street": pl.String(),
        "postcode": pl.String(),
        "city": pl.String(),
        "country": pl.String(),
        "website": pl.String(),
        "email": pl.String(),
        "phone": pl.String(),
        "industry": pl.String(),
        "headcount": pl.Float64(),
        "revenue": pl.Float64(),
        "revenue_best": pl.Float64(),
        "annualised": pl.Float64(),
        "trains": pl.Boolean(),
        "last_purchase": pl.Date(),
        "owner": pl.String(),
        "text": pl.String(),
        "vat_id": pl.String(),
        "register_number": pl.String(),
        "site": pl.String(),
        "site_source": pl.String(),
    }
)

#: What an estimate is split into: columns `factor_...`, and `eur_...` beside `eur_base`.
FACTORS: Final = ("industry", "headcount", "text", "region")

#: A peer of a customer: an active customer, with the cosine similarity of their centred company vectors.
PEER: Final = pl.Struct({"customer_id": pl.String(), "similarity": pl.Float32()})

#: What the potential model says of each customer; null where there is no data basis. `law` is the distribution of the
#: wallet before the own revenue is known of: its log10 EUR at `scoring.potential.law.LEVELS`; customers of one company
#: have the same `family`.
RATED: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "family": pl.String(),
        "potential": pl.Float64(),
        "potential_low": pl.Float64(),
        "potential_high": pl.Float64(),
        "typical": pl.Float64(),
        "headroom_expected": pl.Float64(),
        "law": pl.List(pl.Float32()),
        "confidence": pl.String(),
        "basis": pl.String(),
        "factor_industry": pl.Float64(),
        "factor_headcount": pl.Float64(),
        "factor_text": pl.Float64(),
        "factor_region": pl.Float64(),
        "eur_base": pl.Float64(),
        "eur_industry": pl.Float64(),
        "eur_headcount": pl.Float64(),
        "eur_text": pl.Float64(),
        "eur_region": pl.Float64(),
        "industry_label": pl.String(),
        "industry_label_en": pl.String(),
        "peers": pl.List(PEER),
    }
)

#: Quality of the model and of its plain baselines, all out of fold on the active customers; pinball loss in log10 EUR.
FIGURES: Final = pl.Schema(
    {
        "model": pl.String(),
        "quantile": pl.Float64(),
        "pinball": pl.Float64(),
        "coverage": pl.Float64(),
        "customers": pl.Int64(),
    }
)

#: Sums over groups of customers, EUR per year; `grouping` is "stock", "class_revenue", "class_potential", "owner" or
#: "section" (of industries). `low` and `high` are the ends of the 80 % interval of the sum before them; the labels name
#: a section in words and repeat all other groups.
SUMS: Final = pl.Schema(
    {
        "grouping": pl.String(),
        "group": pl.String(),
        "label_de": pl.String(),
        "label_en": pl.String(),
        "customers": pl.Int64(),
        "revenue": pl.Float64(),
        "potential": pl.Float64(),
        "potential_low": pl.Float64(),
        "potential_high": pl.Float64(),
        "headroom": pl.Float64(),
        "headroom_low": pl.Float64(),
        "headroom_high": pl.Float64(),
        "expected": pl.Float64(),
        "expected_low": pl.Float64(),
        "expected_high": pl.Float64(),
    }
)

#: What the guards against leaks and self-deception found, in `potenzial run`; `passed` False lowers the verdict to
#: "usable", a notice is only told. `detail` names what was found, in words for the reader.
GUARDS: Final = pl.Schema(
    {
        "guard": pl.String(),
        "passed": pl.Boolean(),
        "notice": pl.Boolean(),
        "detail_de": pl.String(),
        "detail_en": pl.String(),
    }
)

#: The contract for everything that reads results: `out/potential.parquet`.
POTENTIAL: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "name": pl.String(),
        "postcode": pl.String(),
        "city": pl.String(),
        "owner": pl.String(),
        "industry": pl.String(),
        "industry_label": pl.String(),
        "industry_label_en": pl.String(),
        "headcount": pl.Float64(),
        "website": pl.String(),
        "last_purchase": pl.Date(),
        "revenue": pl.Float64(),
        "revenue_best": pl.Float64(),
        "potential": pl.Float64(),
        "potential_low": pl.Float64(),
        "potential_high": pl.Float64(),
        "typical": pl.Float64(),
        "headroom": pl.Float64(),
        "headroom_expected": pl.Float64(),
        "class_revenue": pl.String(),
        "class_potential": pl.String(),
        "p_a": pl.Float64(),
        "p_b": pl.Float64(),
        "p_c": pl.Float64(),
        "confidence": pl.String(),
        "action": pl.String(),
        "reason_de": pl.String(),
        "reason_en": pl.String(),
        "against_de": pl.String(),
        "against_en": pl.String(),
        "basis": pl.String(),
        "factor_industry": pl.Float64(),
        "factor_headcount": pl.Float64(),
        "factor_text": pl.Float64(),
        "factor_region": pl.Float64(),
        "eur_base": pl.Float64(),
        "eur_industry": pl.Float64(),
        "eur_headcount": pl.Float64(),
        "eur_text": pl.Float64(),
        "eur_region": pl.Float64(),
        "peers": pl.List(PEER),
    }
)

#: A code of WZ 2008 or WZ 2025 with its official title and its chance of being right (null where it cannot be told).
WZ_CODE: Final = pl.Struct({"code": pl.String(), "title": pl.String(), "confidence": pl.Float64()})

#: What is not given but said by websites or told by neighbours, with its source: `headcount` counts, its bounds are
#: null where they are open; `headcount_website` is what the website says, whatever is given; `industry_code` is of
#: `industry_version`; `wz_2008` and `wz_2025` are inferred whatever is given, best first.
INFERRED: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "headcount": pl.Float64(),
        "headcount_low": pl.Float64(),
        "headcount_high": pl.Float64(),
        "headcount_source": pl.String(),
        "headcount_website": pl.Float64(),
        "headcount_quote": pl.String(),
        "headcount_url": pl.String(),
        "industry_code": pl.String(),
        "industry_version": pl.String(),
        "industry_source": pl.String(),
        "industry_confidence": pl.Float64(),
        "industry_conflict": pl.Boolean(),
        "wz_2008": pl.List(WZ_CODE),
        "wz_2025": pl.List(WZ_CODE),
        "wz_source": pl.String(),
    }
)

#: Values of `class_revenue` and `class_potential`; a customer without revenue in the last 12 months is "inactive".
REVENUE_CLASSES: Final = ("A", "B", "C", "inactive")
POTENTIAL_CLASSES: Final = ("A", "B", "C", "no data basis")
CONFIDENCES: Final = ("high", "medium", "low")
ACTIONS: Final = ("expansion", "reactivation", "keep", "check")
