"""The tables of a store, and the statements that upgrade a store of an earlier version."""

APPLICATION_ID = 0x70696E70  # "pinp": distinguishes stores from other programs' SQLite files

# The step at index N upgrades version N to version N + 1.
UPGRADES: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE applications (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            application_id TEXT NOT NULL UNIQUE,
            response BLOB NOT NULL
        )
        """,
        """
        CREATE TABLE endpoints (
            number INTEGER PRIMARY KEY,
            application INTEGER NOT NULL,
            endpoint_key TEXT NOT NULL,
            user_id TEXT,
            channel_type TEXT,
            address TEXT,
            endpoint_status TEXT,
            response BLOB NOT NULL,
            UNIQUE (application, endpoint_key)
        )
        """,
        """
        CREATE INDEX endpoints_of_user ON endpoints (application, user_id)
        WHERE user_id IS NOT NULL
        """,
        """
        CREATE INDEX active_endpoints_at ON endpoints (application, address, channel_type)
        WHERE address IS NOT NULL AND endpoint_status = 'ACTIVE'
        """,
    ),
    (
        """
        CREATE INDEX endpoints_by_channel
        ON endpoints (application, channel_type, endpoint_status)
        """,
        "ALTER TABLE applications ADD COLUMN attribute_names BLOB NOT NULL DEFAULT '{}'",
        """
        UPDATE applications SET attribute_names = json_object('known', json_object(
            'endpoint-custom-attributes', (
                SELECT json_group_array(DISTINCT named.key)
                FROM endpoints, json_each(CAST(response AS TEXT), '$.Attributes') AS named
                WHERE application = applications.number
            ),
            'endpoint-metric-attributes', (
                SELECT json_group_array(DISTINCT named.key)
                FROM endpoints, json_each(CAST(response AS TEXT), '$.Metrics') AS named
                WHERE application = applications.number
            ),
            'endpoint-user-attributes', (
                SELECT json_group_array(DISTINCT named.key)
                FROM endpoints, json_each(CAST(response AS TEXT), '$.User.UserAttributes') AS named
                WHERE application = applications.number
            )
        ))
        """,
    ),
    (  # earlier versions kept the final form of sigma in keys
        """
        UPDATE OR REPLACE endpoints
        SET endpoint_key = replace(endpoint_key, char(962), char(963))
        WHERE instr(endpoint_key, char(962))
        """,
    ),
    (
        "CREATE TABLE identity (id TEXT NOT NULL)",
        "INSERT INTO identity VALUES (lower(hex(randomblob(16))))",
    ),
    (  # Customer Profiles
        "CREATE TABLE profile_domains (name TEXT PRIMARY KEY, response BLOB NOT NULL)",
        """
        CREATE TABLE profile_object_types (
            domain TEXT NOT NULL,
            name TEXT NOT NULL,
            response BLOB NOT NULL,
            PRIMARY KEY (domain, name)
        )
        """,
        """
        CREATE TABLE profiles (
            number INTEGER PRIMARY KEY,
            domain TEXT NOT NULL,
            profile_id TEXT NOT NULL,
            profile BLOB NOT NULL,
            UNIQUE (domain, profile_id)
        )
        """,
        """
        CREATE TABLE profile_objects (
            domain TEXT NOT NULL,
            object_type TEXT NOT NULL,
            unique_key TEXT NOT NULL,
            profile INTEGER NOT NULL,
            object TEXT NOT NULL,
            PRIMARY KEY (domain, object_type, unique_key)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX objects_of_profile ON profile_objects (profile)",
        """
        CREATE TABLE profile_keys (
            domain TEXT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            profile INTEGER NOT NULL,
            PRIMARY KEY (domain, name, value, profile)
        ) WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE profile_upload_jobs (
            number INTEGER PRIMARY KEY,
            domain TEXT NOT NULL,
            job_id TEXT NOT NULL,
            job BLOB NOT NULL,
            file BLOB,
            UNIQUE (domain, job_id)
        )
        """,
    ),
    (
        """
        CREATE TABLE segments (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            application INTEGER NOT NULL,
            segment_id TEXT NOT NULL,
            latest INTEGER NOT NULL,
            UNIQUE (application, segment_id)
        )
        """,
        """
        CREATE TABLE segment_versions (
            segment INTEGER NOT NULL,
            version INTEGER NOT NULL,
            response BLOB NOT NULL,
            PRIMARY KEY (segment, version)
        ) WITHOUT ROWID
        """,
    ),
)
STORE_VERSION = len(UPGRADES)


def statements_from(version: int) -> tuple[str, ...]:
    """Return the statements that upgrade a store of this version; none if it is up to date."""
    if version == STORE_VERSION:
        return ()
    steps = tuple(statement for step in UPGRADES[version:] for statement in step)
    stamps = (
        f"PRAGMA application_id = {APPLICATION_ID}",
        f"PRAGMA user_version = {STORE_VERSION}",
    )
    return steps + stamps
