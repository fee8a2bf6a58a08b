"""Questions to a log in SQL, and logs as Parquet. All of it needs DuckDB, which is an extra."""
