"""Files as they come from ERP systems, CRMs and people's desks, each with the customers that it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from potenzial.ingest import read_customers
from potenzial.ingest.config import InputConfig

GERMAN = {"customer_id": "Kd-Nr.", "name": "Firma"}
#: Rows of sheets, the names of which are the keys.
Sheets = Mapping[str, Sequence[Sequence[Any]]]


@dataclass(frozen=True)
class Messy:
    """A file, the settings it is read with, the columns of customers that have to come out, and rejected lines."""

    name: str
    content: bytes | Sheets
    expected: Mapping[str, Sequence[Any]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    rejected: Sequence[int] = ()

    def write(self, folder: Path) -> Path:
        """Write the file."""
        path = folder / "stock"
        if isinstance(self.content, bytes):
            path.write_bytes(self.content)
        else:
            _write_workbook(self.content, path)
        return path


def _write_workbook(sheets: Sheets, path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(number, place, cell, day)
                    elif isinstance(cell, str) and cell.startswith("="):
                        sheet.write_formula(number, place, cell, None, "#DIV/0!")
                    elif isinstance(cell, str):
                        sheet.write_string(number, place, cell)
                    elif cell is not None:
                        sheet.write(number, place, cell)


def csv(text: str, encoding: str = "utf-8") -> bytes:
    """Write text as bytes."""
    return text.encode(encoding)


IDS = {"customer_id": ["007", "8"]}
NAMES = {**IDS, "name": ["Müller GmbH", "Bar AG"]}
PLAIN = "customer_id;name\n007;Müller GmbH\n8;Bar AG\n"
EXTF = '"EXTF";700;16;"{what}";5;20250101000000000;;"RE";"";"";1001;1;20250101;{digits};"";"";"";"";"";0\r\n'
DATEV = (
    "Konto;Name (Adressattyp Unternehmen);Name (Adressattyp natürl. Person);EU-Land;EU-UStID;Straße;"
    "Postleitzahl;Ort\r\n"
    '10000;"Müller GmbH";"";"DE";"123456789";"Weg 1";"01067";"Dresden"\r\n'
    '10001;"";"Käthe Kruse";"";"";"";"86609";"Donauwörth"\r\n'
    '70000;"Lieferant AG";"";"";"";"";"";""\r\n'
)
SAP = (
    "02.01.2025                Dynamische Listenausgabe                    1\n"
    "\n"
    "----------------------------------------------------------------\n"
    "|Debitor   |Name 1          |PLZ  |Ort       |USt-IdNr.  |      Umsatz|\n"
    "----------------------------------------------------------------\n"
    "|0000012345|Müller GmbH     |01067|Dresden   |DE123456789|  1.234,50 |\n"
    '|0000012346|Rohr 5" AG      |80331|München   |           |    250,00-|\n'
    "----------------------------------------------------------------\n"
    "|Debitor   |Name 1          |PLZ  |Ort       |USt-IdNr.  |      Umsatz|\n"
    "----------------------------------------------------------------\n"
    "|0000012347|Bar AG          |10115|Berlin    |           |  2.000,00 |\n"
    "----------------------------------------------------------------\n"
)

FILES = [
    Messy("utf8", csv(PLAIN), NAMES),
    Messy("utf8 with mark", csv(PLAIN, "utf-8-sig"), NAMES),
    Messy("cp1252", csv(PLAIN, "cp1252"), NAMES),
    Messy("latin-1", csv(PLAIN, "latin-1"), NAMES),
    Messy("utf16", csv(PLAIN, "utf-16"), NAMES),
    Messy("cp850 configured", csv(PLAIN, "cp850"), NAMES, {"encoding": "cp850"}),
    Messy("comma", csv(PLAIN.replace(";", ",")), NAMES),
    Messy("tab", csv(PLAIN.replace(";", "\t")), NAMES),
    Messy("pipe", csv(PLAIN.replace(";", "|")), NAMES),
    Messy("colon configured", csv(PLAIN.replace(";", ":")), NAMES, {"delimiter": ":"}),
    Messy("sep line", csv("sep=;\r\n" + PLAIN), NAMES),
    Messy("old Mac line ends", csv(PLAIN.replace("\n", "\r")), NAMES),
    Messy("blank lines", csv("\n\n" + PLAIN.replace("\n", "\n;\n")), NAMES),
    Messy("title above", csv("Kundenliste;\nStand: 01.01.2025;\n;\n" + PLAIN), NAMES),
    Messy("title without delimiters", csv("Kundenliste, alle\nvon Meier, am 1.1.\n" + PLAIN), NAMES),
    Messy(
        "title above German names",
        csv("Liste\n\nKd-Nr.;Firma\n007;Müller GmbH\n8;Bar AG\n"),
        NAMES,
        {"columns": GERMAN},
    ),
    Messy(
        "merged head",
        csv("customer_id;name;Umsatz;;Adresse;\n;;2023;2024;PLZ;Ort\n007;A;5,50;6,50;01067;Dresden\n"),
        {"customer_id": ["007"], "revenue": [6.5], "revenue_best": [6.5], "postcode": ["01067"], "city": ["Dresden"]},
        {
            "columns": {
                "revenue_2023": "Umsatz 2023",
                "revenue_2024": "Umsatz 2024",
                "postcode": "PLZ",
                "city": "Ort",
            }
        },
    ),
    Messy(
        "same name twice",
        csv("customer_id;name;Ort;Ort\n007;A;Köln;Bonn\n"),
        {"city": ["Bonn"]},
        {"columns": {"city": "Ort (2)"}},
    ),
    Messy(
        "totals",
        csv(PLAIN + "Summe;\n;Gesamtergebnis\n9;Total Energies\n"),
        {"customer_id": ["007", "8", "9"]},
        {},
        [4, 5],
    ),
    Messy("footer", csv(PLAIN + "Erstellt am 1.1.2025\n"), NAMES, {}, [4]),
    Messy("header on every page", csv(PLAIN + "customer_id;name\n9;C\n"), {"customer_id": ["007", "8", "9"]}),
    Messy("ruled lines", csv(PLAIN.replace("\n8", "\n---;-----\n8")), NAMES),
    Messy(
        "empty columns behind",
        csv("customer_id;name;;\n007;Müller GmbH;;\n8;Bar AG\n9;C;;\n"),
        {"customer_id": ["007", "9"]},
        {},
        [3],
    ),
    Messy("stray quote", csv('customer_id;name\n007;"Müller GmbH\n8;Bar AG\n'), {"customer_id": ["007", "8"]}),
    Messy("repeated id", csv(PLAIN + "8;Other\n"), NAMES, {}, [4]),
    Messy("line of a million", csv(PLAIN + "9;" + "x" * 1_100_000 + "\n"), NAMES, {}, [4]),
    *(
        Messy(f"amount {text}", csv(f"customer_id;name;revenue\n1;A;{text}\n2;B;7,50\n"), {"revenue": [value, 7.5]})
        for text, value in (
            ("1.234,56 €", 1234.56),
            ("850,00-", -850.0),
            ("1,5 Mio", 1_500_000.0),
            ("12 T€", 12_000.0),
            ("-", None),
            ("k.A.", None),
            ("#NV", None),
            ("(12,50)", -12.5),
            ("1'234,50", 1234.5),
        )
    ),
    Messy(
        "decimal point", csv('customer_id,name,revenue\n1,A,1234.5\n2,B,"1,000.00"\n'), {"revenue": [1234.5, 1000.0]}
    ),
    Messy(
        "unit in the header",
        csv("customer_id;name;Umsatz (T€)\n1;A;1,5\n2;B;2 Mio\n"),
        {"revenue": [1500.0, 2e6]},
        {"columns": {"revenue": "Umsatz (T€)"}},
    ),
    Messy("bad amount", csv("customer_id;name;revenue\n1;A;viel\n2;B;3,5\n"), {"customer_id": ["2"]}, {}, [2]),
    Messy(
        "dates",
        csv("customer_id;name;last_purchase\n1;A;31.12.2024\n2;B;45657\n3;C;2024-12-31\n4;D;k.A.\n5;E;31.12.24\n"),
        {"last_purchase": [date(2024, 12, 31)] * 3 + [None, date(2024, 12, 31)]},
    ),
    Messy(
        "American dates",
        csv("customer_id;name;last_purchase\n1;A;12/31/2024\n"),
        {"last_purchase": [date(2024, 12, 31)]},
        {"date_format": "%m/%d/%Y"},
    ),
    Messy(
        "DATEV",
        csv(EXTF.format(what="Debitoren/Kreditoren", digits=4) + DATEV, "cp1252"),
        {
            "customer_id": ["10000", "10001"],
            "name": ["Müller GmbH", "Käthe Kruse"],
            "vat_id": ["DE123456789", None],
            "postcode": ["01067", "86609"],
        },
        {"mapping": "datev"},
    ),
    Messy(
        "SAP list",
        csv(SAP, "cp1252"),
        {
            "customer_id": ["0000012345", "0000012346", "0000012347"],
            "name": ["Müller GmbH", 'Rohr 5" AG', "Bar AG"],
            "postcode": ["01067", "80331", "10115"],
            "vat_id": ["DE123456789", None, None],
            "revenue": [1234.5, -250.0, 2000.0],
        },
        {"mapping": "sap"},
    ),
    Messy(
        "Salesforce",
        csv('"Account ID","Account Name","Billing City","Annual Revenue","Account Owner"\n"001A","A","Köln","5","M"\n'),
        {"customer_id": ["001A"], "city": ["Köln"], "revenue": [None], "owner": ["M"]},
        {"mapping": "salesforce"},
    ),
    Messy(
        "HubSpot",
        csv("Record ID,Company name,Company Domain Name,Number of Employees\n99,A,a.de,12\n"),
        {"customer_id": ["99"], "site": ["a.de"], "headcount": [12.0]},
        {"mapping": "hubspot"},
    ),
    Messy(
        "CAS",
        csv("Kundennummer;Firma;PLZ;Ort;Betreuer;Telefon\n0815;A;01067;Dresden;Meier;0351/123-0\n", "cp1252"),
        {"customer_id": ["0815"], "postcode": ["01067"], "owner": ["Meier"], "phone": ["0351/123-0"]},
        {"mapping": "cas"},
    ),
    Messy(
        "Dynamics",
        csv("Account Number,Account Name,Address 1: City,Website\nA-1,A,Köln,www.a.de\n"),
        {"customer_id": ["A-1"], "city": ["Köln"], "site": ["a.de"]},
        {"mapping": "dynamics"},
    ),
    Messy("workbook", {"K": [["customer_id", "name"], ["007", "Müller GmbH"], [8, "Bar AG"]]}, NAMES),
    Messy(
        "workbook with a title and other sheets",
        {
            "Deckblatt": [["Bericht"], ["Stand heute"]],
            "Kunden": [
                ["Alle Kunden"],
                [],
                [None, "customer_id", "name"],
                [None, "007", "Müller GmbH"],
                [None, "8", "Bar AG"],
            ],
            "Leer": [],
        },
        NAMES,
    ),
    Messy(
        "workbook, sheet by name",
        {"2023": [["customer_id", "name"], ["1", "A"]], "2024": [["customer_id", "name"], ["2", "B"]]},
        {"customer_id": ["2"]},
        {"sheet": "2024"},
    ),
    Messy(
        "workbook with days and numbers of all kinds",
        {
            "K": [
                ["customer_id", "name", "last_purchase", "revenue", "headcount"],
                ["01", "A", datetime(2024, 12, 31), 1.234, 1200],  # noqa: DTZ001 - cells of workbooks have no time zone
                ["02", "B", 45657, "1.234,50", "50-99"],
                [3, "C", "31.12.2024", "=1/0", None],
                [4.0, "D", None, "k.A.", ">500"],
            ]
        },
        {
            "customer_id": ["01", "02", "3", "4"],
            "last_purchase": [date(2024, 12, 31)] * 3 + [None],
            "revenue": [1.234, 1234.5, None, None],
            "headcount": [1200.0, 70.4, None, 500.0],
        },
    ),
    Messy(
        "workbook with a merged head",
        {"K": [["customer_id", "name", "Umsatz", None], [None, None, 2023, 2024], ["1", "A", 5, 6.5]]},
        {"revenue": [6.5]},
        {"columns": {"revenue_2024": "Umsatz 2024"}},
    ),
    Messy(
        "workbook with totals",
        {"K": [["customer_id", "name", "revenue"], ["1", "A", 5], ["Summe", None, 5]]},
        {"customer_id": ["1"], "revenue": [5.0]},
        {},
        [3],
    ),
]


@pytest.mark.parametrize("messy", FILES, ids=lambda messy: messy.name)
def test_messy_file(messy: Messy, tmp_path: Path) -> None:
    """Each file gives the customers that a person would read in it, and names the rows that are none."""
    read = read_customers(messy.write(tmp_path), InputConfig(**messy.settings))
    expected = {name: list(values) for name, values in messy.expected.items()}
    assert read.customers.select(expected.keys()).to_dict(as_series=False) == expected
    assert read.rejects["line"].unique().sort().to_list() == list(messy.rejected)
    assert (
        read.rows == read.customers.height + read.rejects.filter(pl.col("effect") == "row rejected")["line"].n_unique()
    )
