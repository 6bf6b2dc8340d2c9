"""A dry run for the terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from potenzial.ingest.amounts import counted
from potenzial.ingest.dialect import DELIMITER_NAMES
from potenzial.ingest.dryrun import Check, ColumnFact, StockFact
from scoring.target import named

_ADVICE = "If these fit, put them at the end of potenzial.toml:"
_EXAMPLE_CHARS = 28
_SIZES = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def render_check(check: Check) -> RenderableType:
    """Show file, columns, stock and findings; what is wrong and what to do about it come last."""
    parts: list[RenderableType] = [_file(check), _columns(check)]
    if check.stock:
        parts += [_stock(check, check.stock), _profile(check)]
    if check.findings:
        parts.append(_findings(check))
    # Without frames: the mapping is there to be copied.
    if check.problem:
        parts += [Text("Cannot be imported yet", style="bold red"), Text(check.problem)]
    elif check.mapping:
        parts += [Text("More columns look useful", style="bold yellow"), Text(f"{_ADVICE}\n{check.mapping}")]
    return Group(*parts)


def _file(check: Check) -> RenderableType:
    table = _facts("File")
    table.add_row("path", Text(check.path))
    blank = f", {check.blank:,} blank" if check.blank else ""
    table.add_row("size", f"{_size(check.size)}, {counted(check.rows, 'row')}{blank}")
    if check.format == "CSV":
        table.add_row("encoding", f"{check.encoding} ({check.encoding_why})")
        name = DELIMITER_NAMES.get(check.delimiter, repr(check.delimiter))
        table.add_row("delimiter", Text(f"{name} ({check.delimiter_why})"))
    else:
        table.add_row("format", check.format)
    return table


def _columns(check: Check) -> RenderableType:
    table = Table(title="Columns", title_justify="left", title_style="bold")
    for name in ("in the file", "read as", "how that is known"):
        table.add_column(name, overflow="fold")
    table.add_column("filled", justify="right")
    table.add_column("examples", overflow="fold")
    for fact in check.columns:
        examples = ", ".join(_short(example) for example in fact.examples)
        table.add_row(Text(fact.header), _ours(fact), _how(fact), f"{fact.share:.0%}", Text(examples))
    return table


def _ours(fact: ColumnFact) -> Text:
    if not fact.ours:
        return Text("not used", style="dim")
    return Text(f"{fact.ours}?", style="yellow") if fact.proposed else Text(fact.ours, style="green")


def _how(fact: ColumnFact) -> Text:
    sign = {",": "decimal comma", ".": "decimal point", "": ""}[fact.decimal]
    how = f"proposed, {fact.how}" if fact.proposed else fact.how
    return Text("; ".join(part for part in (how, sign) if part))


def _stock(check: Check, stock: StockFact) -> RenderableType:
    table = _facts("Stock, if the proposed columns are right" if check.assumed else "Stock")
    table.add_row("usable", counted(stock.customers, "customer"))
    over = " (more than max_rejected_share allows: exit code 1)" if check.too_many_rejected else ""
    table.add_row("rejected", f"{counted(stock.rejected, 'row')}, {_repeated(stock.duplicates)}{over}")
    table.add_row("ignored", counted(stock.ignored_values, "value"))
    table.add_row("active", _share(stock, stock.active) + f" with {named('revenue', check.target)} above 0")
    table.add_row("with website", _share(stock, stock.with_website) + f" on {counted(stock.sites, 'different site')}")
    table.add_row("with own text", _share(stock, stock.with_text))
    table.add_row("with industry", _share(stock, stock.with_industry))
    table.add_row("with headcount", _share(stock, stock.with_headcount))
    return table


def _profile(check: Check) -> RenderableType:
    table = Table(title="Profile (of texts: lengths in characters)", title_justify="left", title_style="bold")
    table.add_column("column")
    for name in ("filled", "different", "smallest", "median", "largest"):
        table.add_column(name, justify="right")
    table.add_column("odd", overflow="fold")
    for one in check.profile:
        odd = Text("; ".join(one.odd), style="yellow")
        name = check.target if one.ours == "revenue" else one.ours
        table.add_row(name, f"{one.share:.0%}", f"{one.distinct:,}", one.low, one.middle, one.high, odd)
    return table


def _repeated(number: int) -> str:
    return "1 of them a repeated id" if number == 1 else f"{number:,} of them repeated ids"


def _findings(check: Check) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.title, table.title_justify, table.title_style = "Findings", "left", "bold"
    for finding in check.findings:
        table.add_row("-", Text(finding))
    return table


def _facts(title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    return table


def _share(stock: StockFact, number: int) -> str:
    return f"{number:,} ({stock.share(number):.0%})"


def _short(example: str) -> str:
    flat = " ".join(example.split())
    return flat if len(flat) <= _EXAMPLE_CHARS else f"{flat[: _EXAMPLE_CHARS - 1]}…"


def _size(size: int) -> str:
    return next((f"{size / unit:.1f} {name}" for name, unit in _SIZES if size >= unit), f"{size} bytes")
