WITH ours AS (
    SELECT c.oid, n.nspname, c.relkind, c.relname, c.relowner, c.relacl
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND (n.nspname = 'report' OR n.nspname = 'public' AND (c.relname = ANY(string_to_array($1, ' '))
        OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid AND i.inhparent IN (to_regclass('public.polls'), to_regclass('public.journal')))))
), objects AS (
    SELECT 'TABLE' AS kind, format('%I.%I', nspname, relname) AS name, relowner AS owner, coalesce(relacl, acldefault('r', relowner)) AS acl FROM ours
    UNION ALL
    SELECT 'SEQUENCE', format('%I.%I', n.nspname, s.relname), s.relowner, coalesce(s.relacl, acldefault('s', s.relowner))
    FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace
    WHERE s.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d JOIN ours o ON o.oid = d.refobjid
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i'))
    UNION ALL
    SELECT 'FUNCTION', format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'report' OR n.nspname = 'public' AND p.proname = ANY(string_to_array($2, ' '))
    UNION ALL
    SELECT 'SCHEMA', 'report', nspowner, coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname = 'report'
), grants AS (
    SELECT o.kind, o.name, o.owner, a.grantee, a.privilege_type::text AS privilege FROM objects o, aclexplode(o.acl) a
    UNION ALL
    SELECT 'TABLE', format('%I.%I', o.nspname, o.relname), o.relowner, a.grantee, format('%s (%I)', a.privilege_type, t.attname)
    FROM ours o JOIN pg_attribute t ON t.attrelid = o.oid, aclexplode(t.attacl) a
), strangers AS (
    SELECT g.kind, g.name, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END AS grantee, string_agg(g.privilege, ', ' ORDER BY g.privilege) AS privileges
    FROM grants g LEFT JOIN pg_roles r ON r.oid = g.grantee
    WHERE g.grantee <> g.owner AND (g.grantee = 0 OR r.rolname NOT IN ('tracker_writer', 'tracker_reader'))
    GROUP BY 1, 2, 3
)
SELECT o.kind, o.name, coalesce(s.grantee, ''), coalesce(s.privileges, '')
FROM objects o LEFT JOIN strangers s ON s.kind = o.kind AND s.name = o.name
ORDER BY 3, 1, 2;
