"""How a CSV file is written."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.api import ConfigException, ParsedConfig
from penstock_file.spooldir import names
from penstock_file.spooldir.names import NullFieldIndicator


@dataclass(frozen=True, slots=True)
class Dialect:
    """``quote`` and ``escape`` are "" for none."""

    separator: str = ","
    quote: str = '"'
    escape: str = "\\"
    strict_quotes: bool = False
    ignore_leading_whitespace: bool = True
    ignore_quotations: bool = False
    keep_returns: bool = False
    rfc4180: bool = False
    nulls: NullFieldIndicator = NullFieldIndicator.NEITHER

    @classmethod
    def of(cls, config: ParsedConfig) -> Dialect:
        """Raises ConfigException where two characters are the same."""
        separator, quote, escape = (
            chr(config.get_int(key)) for key in (names.CSV_SEPARATOR, names.CSV_QUOTE, names.CSV_ESCAPE)
        )
        rfc4180 = separator == "\0" or config.get_bool(names.CSV_RFC_4180)
        special = [char for char in (separator, quote, "\0" if rfc4180 else escape) if char != "\0"]
        if len(set(special)) < len(special):
            raise ConfigException(
                f"{names.CSV_SEPARATOR}, {names.CSV_QUOTE} and {names.CSV_ESCAPE}: The separator, quote, and escape characters must "
                "be different!"
            )
        if {"\n", "\r"} & set(special):
            raise ConfigException(
                f"{names.CSV_SEPARATOR}, {names.CSV_QUOTE} and {names.CSV_ESCAPE}: a line end cannot be one of them"
            )
        return cls(
            separator=separator,
            quote=quote.strip("\0"),
            escape="" if rfc4180 else escape.strip("\0"),
            strict_quotes=not rfc4180 and config.get_bool(names.CSV_STRICT_QUOTES),
            ignore_leading_whitespace=config.get_bool(names.CSV_IGNORE_LEADING_WHITESPACE),
            ignore_quotations=not rfc4180 and config.get_bool(names.CSV_IGNORE_QUOTATIONS),
            keep_returns=config.get_bool(names.CSV_KEEP_CARRIAGE_RETURN),
            rfc4180=rfc4180,
            nulls=NullFieldIndicator(config.get_string(names.CSV_NULL_FIELD_INDICATOR)),
        )

    def empty_is_null(self, *, quoted: bool) -> bool:
        """Whether an empty field with or without quotes stands for null."""
        return self.nulls is NullFieldIndicator.BOTH or self.nulls is (
            NullFieldIndicator.EMPTY_QUOTES if quoted else NullFieldIndicator.EMPTY_SEPARATORS
        )
