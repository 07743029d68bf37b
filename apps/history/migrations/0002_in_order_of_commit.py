from django.db import migrations


class Migration(migrations.Migration):
    """Ids of changes become visible in their order: who has read up to one of them has missed none below it.

    An id is given when a row is written and seen when its transaction ends, so of two transactions at once the one with
    the higher ids could be seen first. The lock lets one of them write at a time, and holds until its transaction ends.
    """

    dependencies = [("history", "0001_first_tables")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION history_in_order_of_commit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                -- Any fixed number will do; it names history among the database's advisory locks.
                PERFORM pg_advisory_xact_lock(7213002);
                RETURN NULL;
            END $$;
            CREATE TRIGGER in_order_of_commit BEFORE INSERT ON history_studychange
                FOR EACH STATEMENT EXECUTE FUNCTION history_in_order_of_commit();
            """,
            """
            DROP TRIGGER in_order_of_commit ON history_studychange;
            DROP FUNCTION history_in_order_of_commit();
            """,
        ),
    ]
