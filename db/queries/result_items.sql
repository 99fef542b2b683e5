-- name: ResultItemUpsert :execrows
INSERT INTO result_items (job_id, run_no, item_no, item_id, url, labels, output, metadata)
SELECT r.job_id, r.run_no, r.item_no, r.item_id, r.url, ARRAY(SELECT jsonb_array_elements_text(r.labels::jsonb)),
    r.output::jsonb, NULLIF(r.metadata, '')::jsonb
FROM (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@run_nos::integer[]) AS run_no, unnest(@item_nos::integer[]) AS item_no,
    unnest(@item_ids::text[]) AS item_id, unnest(@urls::text[]) AS url, unnest(@labels::text[]) AS labels,
    unnest(@outputs::text[]) AS output, unnest(@metadatas::text[]) AS metadata) r
ON CONFLICT (job_id, run_no, item_no) DO UPDATE SET
    item_id = excluded.item_id, url = excluded.url, labels = excluded.labels, output = excluded.output, metadata = excluded.metadata
WHERE (result_items.item_id, result_items.url, result_items.labels, result_items.output, result_items.metadata)
    IS DISTINCT FROM (excluded.item_id, excluded.url, excluded.labels, excluded.output, excluded.metadata);

-- name: ResultItemTrim :execrows
-- Deletes the items beyond those that the answer lists.
DELETE FROM result_items i
USING (SELECT unnest(@job_ids::bigint[]) AS job_id, unnest(@run_nos::integer[]) AS run_no, unnest(@item_counts::integer[]) AS items) r
WHERE i.job_id = r.job_id AND i.run_no = r.run_no AND i.item_no > r.items;

-- name: ResultItemTrimJob :execrows
-- For rebuild alone, as the owner: items beyond those of each run, or of no run.
DELETE FROM result_items i
WHERE i.job_id = @job_id AND NOT EXISTS (
    SELECT 1 FROM (SELECT unnest(@run_nos::integer[]) AS run_no, unnest(@item_counts::integer[]) AS items) r
    WHERE r.run_no = i.run_no AND i.item_no <= r.items
);
