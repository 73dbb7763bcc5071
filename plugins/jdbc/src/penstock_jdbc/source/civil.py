"""Calendar arithmetic beyond the years 1 to 9999, which is all that :mod:`datetime` has."""

from __future__ import annotations

US_PER_S = 1_000_000
US_PER_DAY = 86_400 * US_PER_S


def civil_of_days(days: int) -> tuple[int, int, int]:
    """Year, month and day, in the proleptic Gregorian calendar, of a day counted from 1970-01-01. Year 0 is 1 BC."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * from_march + 2) // 5 + 1
    month = from_march + 3 if from_march < 10 else from_march - 9
    return year_of_era + era * 400 + (month <= 2), month, day


def iso_text(wall_us: int, digits: int) -> str:
    """``yyyy-MM-ddTHH:mm:ss.`` with 6 or 9 digits of a wall time in microseconds, as Java's formatter writes it: years count
    from 1 in both eras, and those of more than four digits have a sign."""
    days, rest = divmod(wall_us, US_PER_DAY)
    year, month, day = civil_of_days(days)
    shown = year if year > 0 else 1 - year
    seconds, micros = divmod(rest, US_PER_S)
    sign = "+" if shown > 9999 else ""
    fraction = f"{micros:06d}" if digits == 6 else f"{micros:06d}000"
    return f"{sign}{shown:04d}-{month:02d}-{day:02d}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{fraction}"
