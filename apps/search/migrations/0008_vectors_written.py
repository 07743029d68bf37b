"""Vectors stop being generated columns: the indexer writes them, and a document that is superseded takes its own along."""

import django.contrib.postgres.search
from django.db import migrations

TABLES = ("studydocument", "studydocumentpast")
VECTORS = ("search_vector", "whole_vector", "field_vector")


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0007_decided"),
    ]

    # Django cannot make a generated column a plain one; PostgreSQL can, and keeps what stands in it.
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"ALTER TABLE search_{table} "
                    + ", ".join(f"ALTER {name} DROP EXPRESSION, ALTER {name} SET NOT NULL" for name in VECTORS)
                )
                for table in TABLES
            ],
            state_operations=[
                migrations.AlterField(
                    model_name=table, name=name, field=django.contrib.postgres.search.SearchVectorField()
                )
                for table in TABLES
                for name in VECTORS
            ],
        )
    ]
