"""The first schema."""

COMPAT = 1

STATEMENTS = (
    """
    CREATE TABLE account_regions (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        production_access BOOLEAN NOT NULL,
        sending_enabled BOOLEAN NOT NULL,
        enforcement_status TEXT NOT NULL,
        max_24_hour BIGINT NOT NULL,
        max_rate DOUBLE PRECISION NOT NULL,
        details TEXT,
        review_status TEXT,
        review_case TEXT,
        review_reason TEXT,
        suppressed_reasons TEXT NOT NULL,
        vdm TEXT,
        PRIMARY KEY (account_id, region)
    )
    """,
    """
    CREATE TABLE accounts (
        account_id TEXT NOT NULL,
        name TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        contact_address TEXT,
        PRIMARY KEY (account_id)
    )
    """,
    """
    CREATE TABLE attempts (
        message_id TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        started_at BIGINT NOT NULL,
        duration_ms INTEGER NOT NULL,
        host TEXT NOT NULL,
        address TEXT NOT NULL,
        source_address TEXT NOT NULL,
        tls TEXT NOT NULL,
        outcome TEXT NOT NULL,
        reason TEXT NOT NULL,
        status TEXT NOT NULL,
        diagnostic TEXT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (message_id, ordinal, started_at)
    )
     {without_rowid}
    """,
    """
    CREATE TABLE audit_entries (
        account_id TEXT NOT NULL,
        entry_id TEXT NOT NULL,
        at BIGINT NOT NULL,
        region TEXT NOT NULL,
        door TEXT NOT NULL,
        actor TEXT NOT NULL,
        source_ip TEXT NOT NULL,
        agent TEXT NOT NULL,
        service TEXT NOT NULL,
        operation TEXT NOT NULL,
        resource TEXT NOT NULL,
        request TEXT NOT NULL,
        outcome TEXT NOT NULL,
        changes TEXT NOT NULL,
        PRIMARY KEY (account_id, entry_id)
    )
    """,
    "CREATE INDEX audit_entries_by_actor ON audit_entries (account_id, actor, entry_id)",
    "CREATE INDEX audit_entries_by_age ON audit_entries (at)",
    "CREATE INDEX audit_entries_by_operation ON audit_entries (account_id, operation, entry_id)",
    """
    CREATE TABLE bodies (
        message_id TEXT NOT NULL,
        content {bytes} NOT NULL,
        PRIMARY KEY (message_id)
    )
    """,
    """
    CREATE TABLE configuration_sets (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        delivery_options TEXT,
        reputation_options TEXT,
        sending_options TEXT,
        suppression_options TEXT,
        tracking_options TEXT,
        vdm_options TEXT,
        archiving_options TEXT,
        PRIMARY KEY (account_id, region, name)
    )
    """,
    """
    CREATE TABLE console_sessions (
        token_digest TEXT NOT NULL,
        session_id TEXT NOT NULL,
        user_id TEXT NOT NULL,
        way TEXT NOT NULL,
        source_ip TEXT NOT NULL,
        agent TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        seen_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        PRIMARY KEY (token_digest)
    )
    """,
    "CREATE INDEX console_sessions_by_expiry ON console_sessions (expires_at)",
    "CREATE INDEX console_sessions_by_user ON console_sessions (user_id, created_at)",
    """
    CREATE TABLE contact_lists (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        list_id TEXT NOT NULL,
        name TEXT NOT NULL,
        description TEXT,
        topics TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region)
    )
    """,
    """
    CREATE TABLE contacts (
        account_id TEXT NOT NULL,
        list_id TEXT NOT NULL,
        folded TEXT NOT NULL,
        address TEXT NOT NULL,
        unsubscribed INTEGER NOT NULL,
        chosen TEXT NOT NULL,
        attributes TEXT,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, list_id, folded)
    )
     {without_rowid}
    """,
    """
    CREATE TABLE credential_uses (
        access_key_id TEXT NOT NULL,
        used_at BIGINT NOT NULL,
        PRIMARY KEY (access_key_id)
    )
    """,
    """
    CREATE TABLE credentials (
        access_key_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        secret_access_key TEXT NOT NULL,
        user_name TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        operator BOOLEAN NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (access_key_id)
    )
    """,
    "CREATE INDEX credentials_by_account ON credentials (account_id)",
    """
    CREATE TABLE custom_verification_templates (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        from_address TEXT NOT NULL,
        subject TEXT NOT NULL,
        content TEXT NOT NULL,
        success_url TEXT NOT NULL,
        failure_url TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, name)
    )
    """,
    """
    CREATE TABLE dedicated_ip_pools (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, name)
    )
    """,
    """
    CREATE TABLE deleted_contact_lists (
        account_id TEXT NOT NULL,
        list_id TEXT NOT NULL,
        deleted_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, list_id)
    )
    """,
    "CREATE INDEX deleted_contact_lists_by_age ON deleted_contact_lists (deleted_at)",
    """
    CREATE TABLE delivery_views (
        worker TEXT NOT NULL,
        asked BIGINT NOT NULL,
        "view" TEXT NOT NULL,
        PRIMARY KEY (worker)
    )
    """,
    """
    CREATE TABLE dkim_keys (
        key_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        identity TEXT NOT NULL,
        selector TEXT NOT NULL,
        origin TEXT NOT NULL,
        length TEXT,
        private_key {bytes} NOT NULL,
        public_record TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        state TEXT NOT NULL,
        state_since BIGINT NOT NULL,
        PRIMARY KEY (key_id)
    )
    """,
    "CREATE INDEX dkim_keys_by_identity ON dkim_keys (account_id, region, identity)",
    "CREATE INDEX dkim_keys_by_selector ON dkim_keys (selector)",
    "CREATE INDEX dkim_keys_by_state ON dkim_keys (state, state_since)",
    """
    CREATE TABLE dmarc_report_rows (
        report_key TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        source_ip TEXT NOT NULL,
        messages BIGINT NOT NULL,
        disposition TEXT NOT NULL,
        dkim_aligned BOOLEAN NOT NULL,
        spf_aligned BOOLEAN NOT NULL,
        header_from TEXT NOT NULL,
        envelope_from TEXT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (report_key, ordinal)
    )
    """,
    """
    CREATE TABLE dmarc_reports (
        report_key TEXT NOT NULL,
        domain TEXT NOT NULL,
        org_name TEXT NOT NULL,
        email TEXT NOT NULL,
        report_id TEXT NOT NULL,
        begins_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        received_at BIGINT NOT NULL,
        source_ip TEXT NOT NULL,
        policy TEXT NOT NULL,
        is_truncated BOOLEAN NOT NULL,
        PRIMARY KEY (report_key)
    )
    """,
    "CREATE INDEX dmarc_reports_by_age ON dmarc_reports (ends_at)",
    "CREATE INDEX dmarc_reports_by_domain ON dmarc_reports (domain, ends_at)",
    """
    CREATE TABLE email_templates (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        subject TEXT NOT NULL,
        text TEXT NOT NULL,
        html TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, name)
    )
    """,
    "CREATE INDEX email_templates_by_age ON email_templates (account_id, region, created_at, name)",
    """
    CREATE TABLE event_destinations (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        configuration_set TEXT NOT NULL,
        name TEXT NOT NULL,
        enabled BOOLEAN NOT NULL,
        kinds TEXT NOT NULL,
        target_kind TEXT NOT NULL,
        target TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, configuration_set, name)
    )
    """,
    """
    CREATE TABLE events (
        message_id TEXT NOT NULL,
        at BIGINT NOT NULL,
        kind TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (message_id, at, kind, ordinal)
    )
     {without_rowid}
    """,
    """
    CREATE TABLE external_users (
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        user_id TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (issuer, subject)
    )
    """,
    "CREATE INDEX external_users_by_user ON external_users (user_id)",
    """
    CREATE TABLE feedback_enrolments (
        name TEXT NOT NULL,
        domain TEXT NOT NULL,
        state TEXT NOT NULL,
        since TEXT NOT NULL,
        note TEXT NOT NULL,
        changed_at BIGINT NOT NULL,
        PRIMARY KEY (name, domain)
    )
    """,
    """
    CREATE TABLE feedback_warnings (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        subject TEXT NOT NULL,
        warned_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, subject)
    )
    """,
    """
    CREATE TABLE identities (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        identity TEXT NOT NULL,
        kind TEXT NOT NULL,
        organisation TEXT,
        created_at BIGINT NOT NULL,
        verification_status TEXT NOT NULL,
        verification_token TEXT,
        dkim_status TEXT NOT NULL,
        dkim_origin TEXT NOT NULL,
        signing_enabled BOOLEAN NOT NULL,
        tokens TEXT NOT NULL,
        key_length TEXT,
        current_length TEXT,
        keys_made_at BIGINT,
        length_changed_at BIGINT,
        own_record TEXT,
        ed25519_token TEXT,
        mail_from_domain TEXT,
        mail_from_status TEXT,
        mail_from_behavior TEXT NOT NULL,
        mail_from_since BIGINT,
        feedback_forwarding BOOLEAN NOT NULL,
        configuration_set TEXT,
        verification_since BIGINT,
        dkim_since BIGINT,
        checks INTEGER NOT NULL,
        next_check_at BIGINT,
        last_checked_at BIGINT,
        last_success_at BIGINT,
        error_type TEXT,
        soa TEXT,
        findings TEXT,
        link_token TEXT,
        link_expires_at BIGINT,
        PRIMARY KEY (account_id, region, identity)
    )
    """,
    "CREATE INDEX identities_by_check ON identities (next_check_at)",
    "CREATE INDEX identities_by_link ON identities (link_token)",
    "CREATE INDEX identities_by_name ON identities (identity)",
    "CREATE INDEX identities_by_organisation ON identities (organisation)",
    "CREATE INDEX identities_to_rekey ON identities (account_id) WHERE key_length <> current_length",
    """
    CREATE TABLE identity_changes (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        identity TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        at BIGINT NOT NULL,
        subject TEXT NOT NULL,
        "before" TEXT NOT NULL,
        "after" TEXT NOT NULL,
        cause TEXT NOT NULL,
        record_name TEXT,
        record_type TEXT,
        error TEXT,
        PRIMARY KEY (account_id, region, identity, ordinal)
    )
    """,
    """
    CREATE TABLE identity_notifications (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        identity TEXT NOT NULL,
        kind TEXT NOT NULL,
        topic_arn TEXT,
        headers_included BOOLEAN NOT NULL,
        PRIMARY KEY (account_id, region, identity, kind)
    )
    """,
    """
    CREATE TABLE identity_policies (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        identity TEXT NOT NULL,
        name TEXT NOT NULL,
        policy TEXT NOT NULL,
        PRIMARY KEY (account_id, region, identity, name)
    )
    """,
    """
    CREATE TABLE inbound_hours (
        hour BIGINT NOT NULL,
        octets BIGINT NOT NULL,
        passed_over BIGINT NOT NULL,
        PRIMARY KEY (hour)
    )
    """,
    """
    CREATE TABLE inbound_messages (
        inbound_id TEXT NOT NULL,
        received_at BIGINT NOT NULL,
        purpose TEXT NOT NULL,
        recipient TEXT NOT NULL,
        message_id TEXT,
        reverse_path TEXT NOT NULL,
        source_ip TEXT NOT NULL,
        report TEXT,
        size BIGINT NOT NULL,
        content {bytes} NOT NULL,
        PRIMARY KEY (inbound_id)
    )
    """,
    "CREATE INDEX inbound_by_age ON inbound_messages (received_at)",
    "CREATE INDEX inbound_by_message ON inbound_messages (message_id)",
    "CREATE INDEX inbound_letters ON inbound_messages (received_at) WHERE report IS NULL AND message_id IS NULL",
    """
    CREATE TABLE installation_values (
        name TEXT NOT NULL,
        value {bytes} NOT NULL,
        PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE invitations (
        token_digest TEXT NOT NULL,
        invitation_id TEXT NOT NULL,
        user_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        role TEXT NOT NULL,
        operator BOOLEAN NOT NULL,
        name TEXT NOT NULL,
        created_by TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        PRIMARY KEY (token_digest)
    )
    """,
    "CREATE INDEX invitations_by_account ON invitations (account_id, created_at)",
    """
    CREATE TABLE job_failures (
        account_id TEXT NOT NULL,
        job_id TEXT NOT NULL,
        line INTEGER NOT NULL,
        record TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (account_id, job_id, line)
    )
    """,
    """
    CREATE TABLE jobs (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        job_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        request TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        completed_at BIGINT,
        position BIGINT NOT NULL,
        processed BIGINT NOT NULL,
        failed BIGINT NOT NULL,
        exported BIGINT NOT NULL,
        file TEXT,
        error TEXT,
        PRIMARY KEY (account_id, region, job_id)
    )
    """,
    "CREATE INDEX jobs_by_age ON jobs (account_id, region, created_at)",
    "CREATE INDEX jobs_by_end ON jobs (completed_at)",
    "CREATE INDEX jobs_open ON jobs (updated_at) WHERE status IN ('CREATED', 'PROCESSING')",
    """
    CREATE TABLE leases (
        name TEXT NOT NULL,
        holder TEXT NOT NULL,
        expires_at BIGINT NOT NULL,
        PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE mail_counts (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        hour BIGINT NOT NULL,
        configuration_set TEXT NOT NULL,
        identity TEXT NOT NULL,
        provider TEXT NOT NULL,
        tenant TEXT NOT NULL,
        sends BIGINT NOT NULL,
        deliveries BIGINT NOT NULL,
        permanent_bounces BIGINT NOT NULL,
        transient_bounces BIGINT NOT NULL,
        complaints BIGINT NOT NULL,
        rejects BIGINT NOT NULL,
        opens BIGINT NOT NULL,
        clicks BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, hour, configuration_set, identity, provider, tenant)
    )
     {without_rowid}
    """,
    """
    CREATE TABLE mail_routes (
        pattern TEXT NOT NULL,
        host TEXT NOT NULL,
        port INTEGER NOT NULL,
        tls TEXT NOT NULL,
        user_name TEXT NOT NULL,
        secret TEXT NOT NULL,
        PRIMARY KEY (pattern)
    )
    """,
    """
    CREATE TABLE memberships (
        account_id TEXT NOT NULL,
        user_id TEXT NOT NULL,
        role TEXT NOT NULL,
        PRIMARY KEY (account_id, user_id)
    )
    """,
    "CREATE INDEX memberships_by_user ON memberships (user_id, account_id)",
    """
    CREATE TABLE messages (
        message_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        accepted_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        from_address TEXT NOT NULL,
        subject TEXT NOT NULL,
        configuration_set TEXT,
        reverse_path TEXT NOT NULL,
        tls_policy TEXT NOT NULL,
        body_type TEXT NOT NULL,
        size BIGINT NOT NULL,
        signing TEXT NOT NULL,
        facts TEXT NOT NULL,
        PRIMARY KEY (message_id)
    )
     {without_rowid}
    """,
    """
    CREATE TABLE metric_points (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        series TEXT NOT NULL,
        period INTEGER NOT NULL,
        at BIGINT NOT NULL,
        total BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, series, period, at)
    )
     {without_rowid}
    """,
    "CREATE INDEX metric_points_by_age ON metric_points (period, at)",
    """
    CREATE TABLE metric_series (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        series TEXT NOT NULL,
        metric TEXT NOT NULL,
        dimensions TEXT NOT NULL,
        total BIGINT NOT NULL,
        last_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, series)
    )
    """,
    "CREATE INDEX metric_series_by_age ON metric_series (last_at)",
    """
    CREATE TABLE notifications (
        account_id TEXT NOT NULL,
        notification_id TEXT NOT NULL,
        region TEXT NOT NULL,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        owner TEXT NOT NULL,
        due_at BIGINT NOT NULL,
        attempts INTEGER NOT NULL,
        topic_arn TEXT NOT NULL,
        subscription_id TEXT NOT NULL,
        protocol TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        lane TEXT NOT NULL,
        envelope TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        last_error TEXT NOT NULL,
        status INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL,
        reply TEXT NOT NULL,
        PRIMARY KEY (account_id, notification_id)
    )
    """,
    "CREATE INDEX notifications_by_age ON notifications (state, updated_at)",
    "CREATE INDEX notifications_by_destination ON notifications (account_id, region, subscription_id, created_at)",
    "CREATE INDEX notifications_dead ON notifications (account_id, updated_at) WHERE state = 'dead'",
    "CREATE INDEX notifications_open ON notifications (owner, lane, due_at) WHERE state IN ('waiting', 'sending')",
    """
    CREATE TABLE passkeys (
        credential_id TEXT NOT NULL,
        user_id TEXT NOT NULL,
        name TEXT NOT NULL,
        public_key {bytes} NOT NULL,
        sign_count BIGINT NOT NULL,
        transports TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        used_at BIGINT,
        PRIMARY KEY (credential_id)
    )
    """,
    "CREATE INDEX passkeys_by_user ON passkeys (user_id, created_at)",
    """
    CREATE TABLE pauses (
        parked_as TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        reason TEXT NOT NULL,
        since BIGINT NOT NULL,
        until BIGINT NOT NULL,
        ended_at BIGINT NOT NULL,
        PRIMARY KEY (parked_as)
    )
    """,
    """
    CREATE TABLE principal_policies (
        account_id TEXT NOT NULL,
        owner TEXT NOT NULL,
        name TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (account_id, owner, name)
    )
    """,
    """
    CREATE TABLE probes (
        token TEXT NOT NULL,
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        identity TEXT NOT NULL,
        expires_at BIGINT NOT NULL,
        received_at BIGINT,
        reverse_path TEXT,
        source_ip TEXT,
        helo TEXT,
        tls_version TEXT,
        content {bytes},
        PRIMARY KEY (token)
    )
    """,
    """
    CREATE TABLE publications (
        message_id TEXT NOT NULL,
        at BIGINT NOT NULL,
        kind TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        PRIMARY KEY (message_id, at, kind, ordinal)
    )
     {without_rowid}
    """,
    "CREATE INDEX publications_by_age ON publications (at)",
    """
    CREATE TABLE receipt_filters (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        policy TEXT NOT NULL,
        cidr TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, name)
    )
    """,
    """
    CREATE TABLE receipt_rule_sets (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        rules TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, name)
    )
    """,
    """
    CREATE TABLE received_messages (
        account_id TEXT NOT NULL,
        message_id TEXT NOT NULL,
        region TEXT NOT NULL,
        received_at BIGINT NOT NULL,
        due_at BIGINT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        facts TEXT NOT NULL,
        steps TEXT NOT NULL,
        progress TEXT NOT NULL,
        head {bytes} NOT NULL,
        octets BIGINT NOT NULL,
        content {bytes} NOT NULL,
        error TEXT NOT NULL,
        PRIMARY KEY (account_id, message_id)
    )
    """,
    "CREATE INDEX received_by_age ON received_messages (received_at)",
    "CREATE INDEX received_held ON received_messages (octets) WHERE octets > 0",
    "CREATE INDEX received_open ON received_messages (due_at) WHERE state = 'open'",
    """
    CREATE TABLE recipients (
        message_id TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        address TEXT NOT NULL,
        domain TEXT NOT NULL,
        state TEXT NOT NULL,
        owner TEXT NOT NULL,
        due_at BIGINT NOT NULL,
        stream TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        reason TEXT NOT NULL,
        status TEXT NOT NULL,
        diagnostic TEXT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (message_id, ordinal),
        CONSTRAINT recipients_state CHECK (state IN ('queued', 'sending', 'deferred', 'held', 'delivered', 'bounced', 'expired', 'suppressed', 'cancelled', 'rejected'))
    )
     {without_rowid}
    """,
    "CREATE INDEX recipients_by_domain ON recipients (domain, due_at) WHERE state IN ('queued', 'sending', 'deferred', 'held') AND owner = ''",
    "CREATE INDEX recipients_by_stream ON recipients (stream, due_at) WHERE state IN ('queued', 'sending', 'deferred', 'held') AND owner = ''",
    "CREATE INDEX recipients_open ON recipients (owner, due_at) WHERE state IN ('queued', 'sending', 'deferred', 'held')",
    """
    CREATE TABLE recommendations (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        resource TEXT NOT NULL,
        description TEXT NOT NULL,
        type TEXT NOT NULL,
        impact TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, resource, description)
    )
    """,
    """
    CREATE TABLE reputation_points (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        configuration_set TEXT NOT NULL,
        at BIGINT NOT NULL,
        bounce_rate DOUBLE PRECISION,
        complaint_rate DOUBLE PRECISION,
        PRIMARY KEY (account_id, region, configuration_set, at)
    )
     {without_rowid}
    """,
    """
    CREATE TABLE reputation_states (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        status TEXT NOT NULL,
        level INTEGER NOT NULL,
        reason TEXT NOT NULL,
        since BIGINT NOT NULL,
        fresh_start BIGINT,
        forgiven_at BIGINT,
        bounce_rate DOUBLE PRECISION,
        complaint_rate DOUBLE PRECISION,
        PRIMARY KEY (account_id, region, kind, name)
    )
    """,
    "CREATE INDEX reputation_states_by_status ON reputation_states (status)",
    """
    CREATE TABLE resends (
        message_id TEXT NOT NULL,
        resent_as TEXT NOT NULL,
        at BIGINT NOT NULL,
        author TEXT NOT NULL,
        PRIMARY KEY (message_id, resent_as)
    )
    """,
    "CREATE INDEX resends_by_new ON resends (resent_as)",
    """
    CREATE TABLE review_notices (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        reason TEXT,
        max_24_hour BIGINT,
        max_rate DOUBLE PRECISION,
        PRIMARY KEY (account_id, region)
    )
     {without_rowid}
    """,
    """
    CREATE TABLE review_steps (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        at BIGINT NOT NULL,
        kind TEXT NOT NULL,
        case_id TEXT NOT NULL,
        reason TEXT NOT NULL,
        max_24_hour BIGINT,
        max_rate DOUBLE PRECISION,
        PRIMARY KEY (account_id, region, at)
    )
     {without_rowid}
    """,
    """
    CREATE TABLE roles (
        account_id TEXT NOT NULL,
        name TEXT NOT NULL,
        role_id TEXT NOT NULL,
        trust TEXT NOT NULL,
        max_seconds INTEGER NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, name)
    )
    """,
    """
    CREATE TABLE schema_info (
        id INTEGER NOT NULL,
        version INTEGER NOT NULL,
        compat INTEGER NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE search_cursors (
        prefix TEXT NOT NULL,
        indexed_to TEXT NOT NULL,
        settled_to TEXT NOT NULL,
        PRIMARY KEY (prefix)
    )
    """,
    """
    CREATE TABLE search_terms (
        account_id TEXT NOT NULL,
        day INTEGER NOT NULL,
        term BIGINT NOT NULL,
        span BIGINT NOT NULL,
        members TEXT NOT NULL,
        PRIMARY KEY (account_id, day, term, span)
    )
     {without_rowid}
    """,
    """
    CREATE TABLE security_levels (
        domain TEXT NOT NULL,
        best_level TEXT NOT NULL,
        best_at BIGINT NOT NULL,
        best_host TEXT NOT NULL,
        best_tls TEXT NOT NULL,
        last_level TEXT NOT NULL,
        last_at BIGINT NOT NULL,
        last_host TEXT NOT NULL,
        last_tls TEXT NOT NULL,
        downgraded_at BIGINT NOT NULL,
        warned_at BIGINT NOT NULL,
        PRIMARY KEY (domain)
    )
    """,
    "CREATE INDEX security_levels_by_age ON security_levels (last_at)",
    "CREATE INDEX security_levels_by_downgrade ON security_levels (downgraded_at)",
    """
    CREATE TABLE send_answers (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        idempotency_key TEXT NOT NULL,
        digest TEXT NOT NULL,
        answer TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, idempotency_key)
    )
    """,
    "CREATE INDEX send_answers_by_age ON send_answers (created_at)",
    """
    CREATE TABLE send_counts (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        bucket BIGINT NOT NULL,
        recipients BIGINT NOT NULL,
        bounces BIGINT NOT NULL,
        complaints BIGINT NOT NULL,
        rejects BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, bucket)
    )
    """,
    """
    CREATE TABLE send_rates (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        tokens DOUBLE PRECISION NOT NULL,
        refilled_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region)
    )
    """,
    """
    CREATE TABLE service_mails (
        address TEXT NOT NULL,
        sent_at BIGINT NOT NULL,
        account_id TEXT NOT NULL,
        PRIMARY KEY (address, sent_at, account_id)
    )
    """,
    "CREATE INDEX service_mails_by_account ON service_mails (account_id, sent_at)",
    """
    CREATE TABLE settings_revision (
        id INTEGER NOT NULL,
        revision BIGINT NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE share_links (
        share_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        identity TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        PRIMARY KEY (share_id)
    )
    """,
    "CREATE INDEX share_links_by_identity ON share_links (account_id, region, identity)",
    """
    CREATE TABLE sign_in_attempts (
        counted TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        since BIGINT NOT NULL,
        PRIMARY KEY (counted)
    )
    """,
    "CREATE INDEX sign_in_attempts_by_age ON sign_in_attempts (since)",
    """
    CREATE TABLE sign_in_steps (
        step_digest TEXT NOT NULL,
        kind TEXT NOT NULL,
        content TEXT NOT NULL,
        expires_at BIGINT NOT NULL,
        PRIMARY KEY (step_digest)
    )
    """,
    "CREATE INDEX sign_in_steps_by_expiry ON sign_in_steps (expires_at)",
    """
    CREATE TABLE signing_certificates (
        name TEXT NOT NULL,
        private_key {bytes} NOT NULL,
        certificate TEXT NOT NULL,
        made_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE site_limits (
        site TEXT NOT NULL,
        connections INTEGER NOT NULL,
        rate DOUBLE PRECISION NOT NULL,
        set_at BIGINT NOT NULL,
        author TEXT NOT NULL,
        PRIMARY KEY (site)
    )
    """,
    """
    CREATE TABLE source_addresses (
        address TEXT NOT NULL,
        ipv6 TEXT NOT NULL,
        ehlo_name TEXT NOT NULL,
        weight INTEGER NOT NULL,
        paused BOOLEAN NOT NULL,
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        pool TEXT NOT NULL,
        bind_ipv4 TEXT NOT NULL,
        bind_ipv6 TEXT NOT NULL,
        via TEXT NOT NULL,
        via_secret TEXT NOT NULL,
        warmup_percentage INTEGER NOT NULL,
        warmup_since BIGINT,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (address)
    )
    """,
    """
    CREATE TABLE source_counts (
        day INTEGER NOT NULL,
        address TEXT NOT NULL,
        provider TEXT NOT NULL,
        sent BIGINT NOT NULL,
        "deferred" BIGINT NOT NULL,
        failed BIGINT NOT NULL,
        blocked BIGINT NOT NULL,
        PRIMARY KEY (day, address, provider)
    )
    """,
    """
    CREATE TABLE source_rests (
        address TEXT NOT NULL,
        provider TEXT NOT NULL,
        until BIGINT NOT NULL,
        times INTEGER NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (address, provider)
    )
    """,
    """
    CREATE TABLE sts_policies (
        domain TEXT NOT NULL,
        policy_id TEXT NOT NULL,
        mode TEXT NOT NULL,
        max_age INTEGER NOT NULL,
        mx TEXT NOT NULL,
        fetched_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        PRIMARY KEY (domain)
    )
    """,
    "CREATE INDEX sts_policies_by_age ON sts_policies (fetched_at)",
    """
    CREATE TABLE subscriptions (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        topic TEXT NOT NULL,
        subscription_id TEXT NOT NULL,
        protocol TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        state TEXT NOT NULL,
        token TEXT NOT NULL,
        token_expires_at BIGINT NOT NULL,
        attributes TEXT NOT NULL,
        owner TEXT NOT NULL,
        principal TEXT NOT NULL,
        confirmed_by_owner BOOLEAN NOT NULL,
        needs_owner_to_leave BOOLEAN NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, topic, subscription_id)
    )
    """,
    "CREATE INDEX subscriptions_by_owner ON subscriptions (owner, region, topic, subscription_id)",
    "CREATE INDEX subscriptions_by_token ON subscriptions (token)",
    """
    CREATE TABLE suppressed_destinations (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        address TEXT NOT NULL,
        reason TEXT NOT NULL,
        message_id TEXT,
        feedback_id TEXT,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, address)
    )
    """,
    """
    CREATE TABLE tags (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        resource TEXT NOT NULL,
        "key" TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (account_id, region, resource, "key")
    )
    """,
    """
    CREATE TABLE tail_events (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        noted_at BIGINT NOT NULL,
        message_id TEXT NOT NULL,
        at BIGINT NOT NULL,
        kind TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        PRIMARY KEY (account_id, region, noted_at, message_id, at, kind, ordinal)
    )
     {without_rowid}
    """,
    """
    CREATE TABLE tail_watches (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        until BIGINT NOT NULL,
        PRIMARY KEY (account_id, region)
    )
    """,
    """
    CREATE TABLE tellings (
        message_id TEXT NOT NULL,
        notification_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        at BIGINT NOT NULL,
        kind TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        topic_arn TEXT NOT NULL,
        protocol TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        PRIMARY KEY (message_id, notification_id)
    )
     {without_rowid}
    """,
    """
    CREATE TABLE tenant_resources (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        tenant TEXT NOT NULL,
        resource TEXT NOT NULL,
        associated_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, tenant, resource)
    )
    """,
    "CREATE INDEX tenant_resources_by_resource ON tenant_resources (account_id, region, resource, tenant)",
    """
    CREATE TABLE tenants (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        policy TEXT NOT NULL,
        status TEXT NOT NULL,
        cause TEXT NOT NULL,
        status_at BIGINT,
        judged_from BIGINT,
        impact TEXT NOT NULL,
        suppression_scope TEXT NOT NULL,
        suppressed_reasons TEXT NOT NULL,
        PRIMARY KEY (account_id, region, name)
    )
    """,
    """
    CREATE TABLE tls_report_failures (
        report_key TEXT NOT NULL,
        policy_ordinal INTEGER NOT NULL,
        ordinal INTEGER NOT NULL,
        result_type TEXT NOT NULL,
        sessions BIGINT NOT NULL,
        sending_mta_ip TEXT NOT NULL,
        receiving_mx_hostname TEXT NOT NULL,
        receiving_ip TEXT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (report_key, policy_ordinal, ordinal)
    )
    """,
    """
    CREATE TABLE tls_report_policies (
        report_key TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        about TEXT NOT NULL,
        domain TEXT NOT NULL,
        policy_type TEXT NOT NULL,
        policy TEXT NOT NULL,
        successful BIGINT NOT NULL,
        failed BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        PRIMARY KEY (report_key, ordinal)
    )
    """,
    "CREATE INDEX tls_report_policies_by_domain ON tls_report_policies (about, ends_at)",
    """
    CREATE TABLE tls_report_sends (
        day TEXT NOT NULL,
        domain TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        due_at BIGINT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (day, domain)
    )
    """,
    "CREATE INDEX tls_report_sends_by_state ON tls_report_sends (state, due_at)",
    """
    CREATE TABLE tls_reports (
        report_key TEXT NOT NULL,
        organization TEXT NOT NULL,
        contact TEXT NOT NULL,
        report_id TEXT NOT NULL,
        begins_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        received_at BIGINT NOT NULL,
        source_ip TEXT NOT NULL,
        signed_by TEXT NOT NULL,
        is_truncated BOOLEAN NOT NULL,
        PRIMARY KEY (report_key)
    )
    """,
    "CREATE INDEX tls_reports_by_age ON tls_reports (ends_at)",
    """
    CREATE TABLE tls_results (
        day TEXT NOT NULL,
        domain TEXT NOT NULL,
        part TEXT NOT NULL,
        policy TEXT NOT NULL,
        result TEXT NOT NULL,
        facts TEXT NOT NULL,
        sessions BIGINT NOT NULL,
        PRIMARY KEY (day, domain, part)
    )
    """,
    """
    CREATE TABLE topics (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        attributes TEXT NOT NULL,
        subscriptions_deleted INTEGER NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, name)
    )
    """,
    """
    CREATE TABLE users (
        user_id TEXT NOT NULL,
        name TEXT NOT NULL,
        display_name TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        language TEXT NOT NULL,
        theme TEXT NOT NULL,
        operator BOOLEAN NOT NULL,
        disabled BOOLEAN NOT NULL,
        created_at BIGINT NOT NULL,
        signed_in_at BIGINT,
        PRIMARY KEY (user_id)
    )
    """,
    "CREATE UNIQUE INDEX users_by_name ON users (name)",
    """
    CREATE TABLE verification_redirects (
        link_token TEXT NOT NULL,
        success_url TEXT NOT NULL,
        failure_url TEXT NOT NULL,
        expires_at BIGINT NOT NULL,
        PRIMARY KEY (link_token)
    )
    """,
    """
    CREATE TABLE warmup_choices (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        automatic BOOLEAN NOT NULL,
        PRIMARY KEY (account_id, region)
    )
    """,
    """
    CREATE TABLE webhook_attempts (
        account_id TEXT NOT NULL,
        webhook_id TEXT NOT NULL,
        at BIGINT NOT NULL,
        delivery_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        number INTEGER NOT NULL,
        status INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL,
        request TEXT NOT NULL,
        reply TEXT NOT NULL,
        error TEXT NOT NULL,
        PRIMARY KEY (account_id, webhook_id, at, delivery_id)
    )
     {without_rowid}
    """,
    "CREATE INDEX webhook_attempts_by_age ON webhook_attempts (at)",
    """
    CREATE TABLE webhooks (
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        webhook_id TEXT NOT NULL,
        url TEXT NOT NULL,
        kinds TEXT NOT NULL,
        configuration_set TEXT,
        secret TEXT NOT NULL,
        state TEXT NOT NULL,
        failing_since BIGINT,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, region, webhook_id)
    )
    """,
    "INSERT INTO settings_revision (id, revision) VALUES (1, 1)",
)
