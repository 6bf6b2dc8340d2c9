"""The command line. Commands import what they need when they run, so that `--help` is there at once."""

import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from potenzial import __version__
from potenzial.cli_options import DEFAULT_CONFIG, ConfigOption, FormatOption, JsonOption

DONE, NO_START, INTERRUPTED = 0, 2, 130

app = typer.Typer(
    name="potenzial",
    help="Rates every company of an address stock by its revenue potential.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

crawl_app = typer.Typer(help="Look at the visits of websites.", no_args_is_help=True, rich_markup_mode="markdown")
app.add_typer(crawl_app, name="crawl")

experiment_app = typer.Typer(
    help="Measure by chance what visits bring.", no_args_is_help=True, rich_markup_mode="markdown"
)
app.add_typer(experiment_app, name="experiment")

SampleOption = Annotated[
    int, typer.Option("--sample", min=0, help="Only this many customers, chosen by the hash of their id; 0 means all.")
]
CustomerArgument = Annotated[str, typer.Argument(help="Id of a customer, as it stands in the address stock.")]
StageOption = Annotated[
    str,
    typer.Option(help="A stage: import, crawl, embed, neighbours, infer, potential, lists or report."),
]
RankingOption = Annotated[str, typer.Option("--by", help="Ranking figure: pinball, lift, precision, recovery or top5.")]
CapacityOption = Annotated[
    float, typer.Option(min=0.001, max=0.9, help="Share of the customers that can be contacted, for the lift.")
]
SeedsOption = Annotated[int, typer.Option(min=1, max=20, help="How often the folds are dealt anew.")]


def _version(asked: bool) -> None:  # noqa: FBT001 - typer hands an option's value to its callback by position
    if asked:
        typer.echo(f"potenzial {__version__}")
        raise typer.Exit


@app.callback()
def common(
    log_format: Annotated[str, typer.Option(help="How logs on stderr are written.", metavar="[text|json]")] = "text",
    version: Annotated[  # noqa: ARG001, FBT002 - the callback acts on it; typer options are declared as parameters
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Rates every company of an address stock by its revenue potential."""
    from potenzial.logs import configure, log_format_of

    configure(log_format_of(log_format))


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Folder of the new project.")]) -> None:
    """Make a project folder with a commented potenzial.toml."""
    from potenzial.commands import setup

    setup.init(folder)


@app.command()
def check(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    as_json: JsonOption = False,
    write_mapping: Annotated[
        bool, typer.Option("--write-mapping", help="Write the proposed mapping of columns to mapping.toml.")
    ] = False,
) -> None:
    """Read the address stock, write nothing unless told to, and say what a run would make of it."""
    from potenzial.commands import output, setup

    if write_mapping:
        raise typer.Exit(setup.write_mapping(config))
    raise typer.Exit(setup.check(config, output.output_for(as_json=as_json)))


@app.command()
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    first: Annotated[str, typer.Option("--from", help="Make this stage and all after it anew.")] = "",
    last: Annotated[str, typer.Option("--until", help="Stop after this stage.")] = "",
    sample: SampleOption = 0,
    name: Annotated[str, typer.Option("--name", help="Name of this run, which is then kept for good.")] = "",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
) -> None:
    """Run the main job: address stock in, rated customers with reasons out."""
    from potenzial.commands import running

    if dry_run:
        raise typer.Exit(running.plan(config, first, last, sample))
    raise typer.Exit(running.run(config, first, last, sample, name))


@app.command()
def status(config: ConfigOption = DEFAULT_CONFIG, sample: SampleOption = 0, *, as_json: JsonOption = False) -> None:
    """Say which stages are done and what the last run found."""
    from potenzial.commands import asking, output

    asking.status(config, sample, output.output_for(as_json=as_json))


@crawl_app.command("status")
def crawl_status(
    config: ConfigOption = DEFAULT_CONFIG, sample: SampleOption = 0, *, as_json: JsonOption = False
) -> None:
    """Say how far the visits of websites are, how many customers they reach, and why websites failed."""
    from potenzial.commands import crawling, output

    crawling.status(config, sample, output.output_for(as_json=as_json))


@app.command()
def retry(
    config: ConfigOption = DEFAULT_CONFIG,
    last: Annotated[str, typer.Option("--until", help="Stop after this stage.")] = "",
    sample: SampleOption = 0,
) -> None:
    """Visit again the websites that failed and may succeed now, then go on with the later stages."""
    from potenzial.commands import crawling

    raise typer.Exit(crawling.retry(config, last, sample))


@app.command()
def lookalike(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command line
    customer_ids: Annotated[
        list[str] | None, typer.Argument(help="Ids of customers to be like, as they stand in the address stock.")
    ] = None,
    text: Annotated[str, typer.Option(help="Like this description instead of a customer.")] = "",
    url: Annotated[str, typer.Option(help="Like the company of this web page, which is visited.")] = "",
    unlike: Annotated[list[str] | None, typer.Option("--not", help="Unlike this customer; may be repeated.")] = None,
    where: Annotated[str, typer.Option(help="Only companies that meet this condition in SQL.")] = "",
    only: Annotated[str, typer.Option(metavar="[inactive|active|prospects]", help="Only such customers.")] = "",
    weight_text: Annotated[float, typer.Option(min=0, help="How much the text counts.")] = 1.0,
    weight_industry: Annotated[float, typer.Option(min=0, help="How much the industry counts.")] = 0.0,
    weight_size: Annotated[float, typer.Option(min=0, help="How much the headcount counts.")] = 0.0,
    min_score: Annotated[float | None, typer.Option(min=-1, max=1, help="Only companies with this score.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many.")] = 20,
    kind: FormatOption = "table",
    output: Annotated[Path | None, typer.Option(help="File for csv or xlsx.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    sample: SampleOption = 0,
    *,
    exclude_group: Annotated[
        bool, typer.Option("--exclude-group", help="Leave out customers of the examples' own companies.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the companies that are most like given customers, a text or a web page, and say why."""
    from potenzial.commands import lookalike as command
    from potenzial.commands.sheet import format_of
    from potenzial.lookalikes.question import Question, Weights
    from potenzial.project import open_project

    question = Question(
        ids=tuple(dict.fromkeys(customer_ids or ())),
        text=text,
        url=url,
        without=tuple(dict.fromkeys(unlike or ())),
        where=where,
        only=command.only_of(only),
        exclude_group=exclude_group,
        weights=Weights(weight_text, weight_industry, weight_size),
        min_score=min_score,
        k=k,
    )
    command.lookalike(open_project(config, sample), question, format_of(kind, as_json=as_json), output)


@app.command("rank-prospects")
def rank_prospects(
    file: Annotated[Path, typer.Argument(help="Address list of companies, read like the address stock.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many the table shows.")] = 20,
    kind: FormatOption = "table",
    output: Annotated[Path | None, typer.Option(help="File for csv or xlsx.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    as_json: JsonOption = False,
) -> None:
    """Rank the companies of another address list by potential and by likeness to the best customers."""
    from potenzial.commands import lookalike as command
    from potenzial.commands.sheet import format_of
    from potenzial.project import open_project

    command.prospects(open_project(config), file, k, format_of(kind, as_json=as_json), output)


@app.command()
def explain(
    customer_id: CustomerArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    sample: SampleOption = 0,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say why a customer is rated as it is: facts, peers, reasons for and against."""
    from potenzial.commands import asking, output

    asking.explain(config, sample, customer_id, output.output_for(as_json=as_json))


@app.command()
def compare(  # noqa: PLR0913, PLR0917 - each option of a command is a parameter
    files: Annotated[list[str], typer.Argument(help="Configuration files, or a pattern like configs/*.toml.")],
    config: ConfigOption = DEFAULT_CONFIG,
    sample: SampleOption = 0,
    by: RankingOption = "pinball",
    capacity: CapacityOption = 0.1,
    seeds: SeedsOption = 3,
    out: Annotated[Path | None, typer.Option(help="Where the page is written; default out/compare.html.")] = None,
    *,
    speed: Annotated[bool, typer.Option(help="Measure the speed of each model in a process of its own.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Race configurations on the project's pages, and say which customers change their class."""
    from potenzial.commands import comparing, output

    asked = comparing.Asked(comparing.terms_of(by, capacity, seeds), speed, out)
    comparing.compare_configs(config, sample, files, asked, output.output_for(as_json=as_json))


@app.command()
def tune(  # noqa: PLR0913, PLR0917 - each option of a command is a parameter
    starts: Annotated[list[str] | None, typer.Argument(help="Configurations to start from, beside the own.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    minutes: Annotated[float, typer.Option(min=0.1, help="Time for search and test together.")] = 30.0,
    size: Annotated[int, typer.Option("--sample", min=0, help="Customers searched on; 0 is two thirds.")] = 2000,
    trials: Annotated[int, typer.Option(min=0, help="Configurations tried at most; 0 is no limit but time.")] = 0,
    by: RankingOption = "pinball",
    capacity: CapacityOption = 0.1,
    seeds: SeedsOption = 3,
    out: Annotated[Path, typer.Option(help="The file that the winner is written to.")] = Path("tuned.toml"),
    *,
    as_json: JsonOption = False,
) -> None:
    """Search for a better configuration within a time budget, and write it to a file."""
    from potenzial.commands import comparing, output
    from potenzial.lab.tuning import Budget

    budget = Budget(60 * minutes, size, trials)
    search = comparing.Search(starts or [], comparing.terms_of(by, capacity, seeds), budget, out)
    comparing.tune_config(config, search, output.output_for(as_json=as_json))


@app.command()
def backtest(
    history: Annotated[
        Path | None, typer.Option(help="Order lines or yearly revenue; default: history in [backtest].")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Rate with purchases up to the end of this year.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    sample: SampleOption = 0,
    *,
    as_json: JsonOption = False,
) -> None:
    """Rate with the purchases up to an earlier year, and judge by what was bought afterwards."""
    from potenzial.commands import backtesting, output

    asked = backtesting.Asked(history, year)
    backtesting.backtest_project(config, sample, asked, output.output_for(as_json=as_json))


@experiment_app.command("draw")
def experiment_draw(
    visits: Annotated[int, typer.Option(min=1, help="How many customers are visited.")],
    where: Annotated[str, typer.Option(help="Only customers that meet this condition in SQL.")] = "",
    holdout: Annotated[float, typer.Option(min=0.05, max=0.9, help="Share of the drawn that nobody visits.")] = 0.3,
    seed: Annotated[int, typer.Option(min=0, help="Start of the draw; the same one draws the same list.")] = 1,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    as_json: JsonOption = False,
) -> None:
    """Draw a contact list and a comparison group by chance, alike in class, action and size."""
    from potenzial.commands import experimenting, output
    from scoring.experiment import Plan

    experimenting.draw(config, Plan(visits, holdout, seed), where, output.output_for(as_json=as_json))


@experiment_app.command("evaluate")
def experiment_evaluate(
    file: Annotated[Path, typer.Argument(help="Order lines or revenue since the draw.")],
    run_id: Annotated[str, typer.Option("--id", help="Which experiment; default: the last one drawn.")] = "",
    start: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day that counts.")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day that counts.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    as_json: JsonOption = False,
) -> None:
    """Compare those drawn for a visit with those held out."""
    from potenzial.commands import experimenting, output

    asked = experimenting.Asked(run_id, file, start, end)
    experimenting.evaluate(config, asked, output.output_for(as_json=as_json))


@app.command()
def feedback(
    file: Annotated[Path, typer.Argument(help="The list as it came back from the reps: CSV, XLSX or Parquet.")],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take what reps say of the ratings: agreement, overrides until their expiry date, pairs for training."""
    from potenzial.commands import feeding, output

    feeding.feedback(config, file, output.output_for(as_json=as_json))


@app.command("feedback-list")
def feedback_list(
    count: Annotated[int, typer.Option("-n", min=1, help="How many customers.")] = 100,
    where: Annotated[str, typer.Option(help="Only customers that meet this condition in SQL.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Start of the draw of a blind list.")] = 1,
    out: Annotated[Path | None, typer.Option(help="File, CSV or XLSX by its name; default in out.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    blind: Annotated[bool, typer.Option("--blind", help="Show no number of the model; customers by chance.")] = False,
) -> None:
    """Write a list that reps can answer to, with or without the model's numbers."""
    from potenzial.commands import feeding
    from potenzial.feedback import Wanted

    write = feeding.write_blind_list if blind else feeding.write_list
    write(config, Wanted(count, where, seed), out)


@app.command()
def report(config: ConfigOption = DEFAULT_CONFIG, sample: SampleOption = 0) -> None:
    """Write the report and the lists again from the results that are there."""
    from potenzial.commands import running

    running.report(config, sample)


@app.command()
def demo(
    customers: Annotated[int, typer.Option(min=1, max=20_000, help="Customers of the synthetic stock.")] = 1000,
    folder: Annotated[Path, typer.Option(help="Where the demo project is made.")] = Path("demo"),
) -> None:
    """Run the main job on a synthetic German stock whose websites are served on this machine."""
    from potenzial.commands import demonstrating

    raise typer.Exit(demonstrating.demo(customers, folder))


@app.command()
def simulate(
    world: Annotated[list[str] | None, typer.Option(help="Only this world; may be repeated. All without it.")] = None,
    customers: Annotated[int, typer.Option(min=500, help="Addresses of each simulated stock.")] = 4000,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Stocks of each world.")] = 3,
    out: Annotated[Path | None, typer.Option(help="CSV file for the figures of each single stock.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Measure on simulated stocks, whose true wallets are known, how much of them the model recovers."""
    from potenzial.commands import output, simulating

    simulating.simulate(simulating.Asked(world or [], customers, seeds, out), output.output_for(as_json=as_json))


def _declare_more() -> None:
    """Add the commands that stand in files of their own."""
    from potenzial import cli_runs, cli_web

    cli_runs.add_to(app)
    cli_web.add_to(app)


_declare_more()


def main() -> None:
    """Run the command line and leave with the exit code that CONTRIBUTING names."""
    sys.exit(_guarded())


def _guarded() -> int:
    """Turn every error that the product knows into one clear message."""
    from potenzial.problems import EXPECTED, message

    try:
        app()
    except SystemExit as end:
        return _left(end)
    except EXPECTED as error:
        typer.echo(f"Error: {message(error)}", err=True)
        return NO_START
    except Exception:  # noqa: BLE001 - an error nobody foresaw must not pass for exit code 1, "done with failures"
        traceback.print_exc()
        typer.echo("This is a mistake in Potenzial. Finished work is kept; please report the lines above.", err=True)
        return NO_START
    return DONE


def _left(end: SystemExit) -> int:
    """Say after an interruption that nothing is lost."""
    if end.code == INTERRUPTED:
        typer.echo("Interrupted. What was finished is kept: `potenzial run` goes on from there.", err=True)
    return end.code if isinstance(end.code, int) else DONE
