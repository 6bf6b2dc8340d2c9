"""Where the address stock lies and how it is written."""

from typing import Annotated, Literal

import msgspec

from scoring.config import Target

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
#: One character that cannot be part of a field's quotes or end a line; empty means: detect.
Delimiter = Annotated[str, msgspec.Meta(max_length=1, pattern=r'^[^"\r\n]?$')]


class InputConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[input]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: The address stock, CSV, XLSX or Parquet; a relative path starts at the project folder.
    customers: str = "customers.csv"
    #: Sheet of an Excel workbook; empty means: the only one that looks like a list of customers.
    sheet: str = ""
    #: Database to ask instead of a file: "sqlite:///customers.db" (from the project folder on) or
    #: "postgresql://user:${PASSWORD}@host/name", where `${PASSWORD}` is an environment variable.
    database: str = ""
    #: Query that gives the customers, for example "select * from customers".
    query: str = ""
    #: Names of the file's columns: "datev", "sap", "salesforce", "hubspot", "cas", "dynamics", or a file such as
    #: "mapping.toml", which `potenzial check --write-mapping` writes; `columns` goes first.
    mapping: str = ""
    #: Our column name -> the file's column name, for example `customer_id = "Kundennummer"`; our columns that do not
    #: stand here are found by their own name in any case of letters; an empty name leaves a column out.
    columns: dict[str, str] = {}
    #: Encoding of a CSV file, for example "cp850"; empty means: detect UTF-8, UTF-16 or Windows-1252.
    encoding: str = ""
    #: What stands between two fields of a CSV file; empty means: detect one of `;`, `,`, tab and `|`.
    delimiter: Delimiter = ""
    #: Decimal sign of amounts; empty means: decide for each column by its values.
    decimal: Literal["", ",", "."] = ""
    #: Format of dates, for example "%m/%d/%Y"; empty means: 2025-12-31, 31.12.2025, 31.12.25 and 20251231.
    date_format: str = ""
    #: What is estimated and classed: "revenue", or contribution margin ("margin") from the columns `margin`,
    #: `margin_2025` and so on, which then have to be there.
    target: Target = "revenue"
    #: File with order lines or yearly revenue (CSV, Parquet or XLSX; a relative path starts at the project folder): it
    #: tells revenue, best year and last purchase in place of the stock's own columns, and who has bought for too short
    #: a time to learn from. Its columns are named in [backtest.columns].
    purchases: str = ""
    #: Share of rejected rows above which a command ends with exit code 1.
    max_rejected_share: Share = 0.05
