import tomllib
from pathlib import Path

import msgspec
import pytest

from potenzial import config, reference
from potenzial.config import Config
from potenzial.errors import ConfigError

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "configs").glob("*.toml"))


def test_the_default_file_states_every_default() -> None:
    """configs/default.toml equals the built-in defaults and leaves out no key."""
    path = ROOT / "configs" / "default.toml"
    assert config.load(path) == Config()
    stated = {(table, key) for table, keys in tomllib.loads(path.read_text("utf-8")).items() for key in keys}
    assert stated == {(key.table, key.name) for key in reference.settings()}


def test_the_default_file_is_the_one_made_from_the_structs() -> None:
    """configs/default.toml is up to date with the explanations in the code."""
    assert (ROOT / "configs" / "default.toml").read_text("utf-8") == reference.default_toml()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_configuration_loads(path: Path) -> None:
    """Each file in configs/ is a valid configuration."""
    assert isinstance(config.load(path), Config)


@pytest.mark.parametrize("key", reference.settings(), ids=lambda key: f"{key.table}.{key.name}")
def test_every_key_is_explained(key: reference.Key) -> None:
    """Each key has an explanation of at least a few words, in code and docs."""
    assert len(key.text.split()) >= 4
    assert f"`{key.name}`" in (ROOT / "docs" / "configuration.md").read_text("utf-8")


def test_the_reference_in_the_docs_is_up_to_date() -> None:
    """docs/configuration.md holds the tables made from the structs."""
    assert reference.markdown().strip() in (ROOT / "docs" / "configuration.md").read_text("utf-8")


def test_the_project_template_is_all_defaults() -> None:
    """The configuration that init writes changes nothing until a line is uncommented."""
    assert config.parse(reference.template(), "potenzial.toml") == Config()


def test_an_uncommented_template_is_all_defaults() -> None:
    """Each commented line of the template is valid once uncommented."""
    lines = reference.template().splitlines()
    keys = {key.toml for key in reference.settings()}
    bare = "\n".join(line.removeprefix("# ") if line.removeprefix("# ") in keys else line for line in lines)
    assert len(tomllib.loads(bare)) == len(Config.__struct_fields__)
    assert config.parse(bare, "potenzial.toml") == Config()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[crawl]\nconcurency = 3\n", "unknown key `concurency` in [crawl]. Known there: agent"),
        ("colour = 1\n", "unknown key `colour` in the top level"),
        ("[crawl]\nconcurrency = 0\n", "`crawl.concurrency`"),
        ('[potential]\nquantile = "high"\n', "`potential.quantile`"),
        ('[embedding]\nfields = ["titel"]\n', "`embedding.fields`: invalid enum value 'titel'; allowed are \"title\""),
        (
            "[embedding.page_weights]\nhme = 1\n",
            "`embedding.page_weights`: invalid enum value 'hme'; allowed are \"own\"",
        ),
        ("[embedding.page_weights]\nhome = -1\n", "`embedding.page_weights`: expected a number >= 0.0."),
        ("[crawl\n", "not valid TOML"),
    ],
)
def test_a_wrong_configuration_names_file_table_and_key(tmp_path: Path, text: str, said: str) -> None:
    """A mistake in the configuration is named with file, table and key."""
    path = tmp_path / "potenzial.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_configuration_names_the_next_step(tmp_path: Path) -> None:
    """Without a configuration the message names init."""
    with pytest.raises(ConfigError, match="potenzial init"):
        config.load(tmp_path / "potenzial.toml")


def test_a_huge_or_binary_file_is_no_configuration(tmp_path: Path) -> None:
    """A file that is too long or no text is refused with its name."""
    huge, binary = tmp_path / "huge.toml", tmp_path / "binary.toml"
    huge.write_bytes(b"#" * (config.MAX_CONFIG_BYTES + 1))
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (huge, binary):
        with pytest.raises(ConfigError, match=path.name):
            config.load(path)


def test_settings_survive_a_round_trip_through_builtins() -> None:
    """The configuration in the manifest can be read back."""
    assert msgspec.convert(msgspec.to_builtins(Config()), Config) == Config()
