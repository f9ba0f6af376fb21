"""Tables of every kind for the tests that read Eider's warehouses with other programs."""

import datetime
import decimal
import math
import uuid

import duckdb

# Columns of every type that an Iceberg table of version 2 holds, with NULLs, extremes and text that is not ASCII.
COLUMNS = {
    "id": "i",
    "a_boolean": "if(i % 7 = 3, null, i % 2 = 0)",
    "a_tinyint": "if(i % 7 = 2, null, (i % 256 - 128)::tinyint)",
    "a_smallint": "(i * 7 % 65536 - 32768)::smallint",
    "an_integer": "if(i = 1, -2147483648, if(i = 2, 2147483647, i * 1000))::integer",
    "a_bigint": "if(i = 1, -9223372036854775808, if(i = 2, 9223372036854775807, i * 1000))::bigint",
    "an_unsigned": "(4294967295 - i)::uinteger",
    "a_ubigint": "if(i = 2, 18446744073709551615, i)::ubigint",
    "a_hugeint": "if(i = 2, -99999999999999999999999999999999999999, i)::hugeint",
    "a_float": "if(i = 3, 'nan', if(i = 4, '-inf', (i * 0.5)::varchar))::float",
    "a_double": "if(i = 3, 'nan', if(i = 4, 'inf', (i * 0.1 - 3)::varchar))::double",
    "a_decimal4": "if(i % 5 = 1, null, (i % 100 - 50.25))::decimal(4, 2)",
    "a_decimal9": "(i * 1.125)::decimal(9, 3)",
    "a_decimal18": "(i * -1234.5678)::decimal(18, 4)",
    "a_decimal38": "if(i = 2, -99999999999999999999999999.9999999999, i)::decimal(38, 10)",
    "a_date": "if(i % 6 = 4, null, date '1969-12-28' + i::integer)",
    "a_time": "time '00:00:00' + to_microseconds(i * 863999999 % 86400000000)",
    "a_timestamp": "timestamp '1969-12-31 23:59:59.999999' + to_microseconds(i * 1000001)",
    "a_timestamptz": "timestamptz '2026-03-29 00:30:00+00' + to_minutes(i)",
    "a_text": "if(i % 8 = 5, null, if(i = 0, '', repeat(chr(65 + (i % 26)::integer), (i % 40)::integer) || 'é日🦆' || i))",
    "a_uuid": "if(i % 9 = 1, null, md5(i::varchar)::uuid)",
    "a_blob": "if(i % 10 = 7, null, from_hex(md5(i::varchar)) || '\\x00\\xFF'::blob)",
    "a_list": "if(i % 6 = 5, null, [x::integer for x in range(i % 4)] || [null])",
    "a_struct": "if(i % 11 = 2, null, {'x': i::integer, 'y': 'v' || i, 'inner': {'d': (i * 0.25)::decimal(9, 2), 'l': [i]}})",
    "a_map": "if(i % 6 = 1, null, map {'k' || i: i::double, 'other': null})",
    "a_list_of_structs": "[{'n': i::bigint, 's': null::varchar}, {'n': null, 's': 'x'}, null]",
    "a_map_of_lists": "map {i::integer: ['a', null], -1: []}",
    "all_null": "null::varchar",
}


def query(rows, columns=None):
    """A SELECT of `rows` rows."""
    chosen = columns or COLUMNS
    return f"select {', '.join(f'{COLUMNS[name]} as {name}' for name in chosen)} from range({rows}) r(i)"


def reference(sql):
    """The rows that plain DuckDB gives, as normal() has them, sorted."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    return sorted_rows(connection.execute(sql).fetchall())


def sorted_rows(rows):
    return sorted((tuple(normal(value) for value in row) for row in rows), key=repr)


def rows_of_arrow(table):
    """The rows of a pyarrow table, likewise."""
    columns = [column.to_pylist() for column in table.columns]
    return sorted_rows(zip(*columns)) if columns and table.num_rows else []


def normal(value):
    """A value in a form that is equal whichever library it came from."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, decimal.Decimal)):
        return ("number", str(decimal.Decimal(value).normalize()))
    if isinstance(value, float):
        return ("real", "nan" if math.isnan(value) else repr(value))
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc)
        return value.isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return ("bytes", bytes(value).hex())
    if isinstance(value, dict):
        return ("pairs", tuple(sorted(((normal(k), normal(v)) for k, v in value.items()), key=repr)))
    if isinstance(value, (list, tuple)) or type(value).__name__ == "ndarray":
        items = list(value)
        # pyarrow gives maps as lists of pairs.
        if items and all(isinstance(item, tuple) for item in items):
            return normal(dict(items))
        return ("pairs", ()) if not items else ("list", tuple(normal(item) for item in items))
    return value
