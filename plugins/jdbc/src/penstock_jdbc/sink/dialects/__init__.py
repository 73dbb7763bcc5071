"""How each database spells what the sink asks of it: types, DDL and statements. No connection is made here."""
