"""Studies as files and streams: CSV, NDJSON and Parquet, out and in again without loss."""
