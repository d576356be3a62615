"""The ceiling's SQL of `quota`: the conditional UPDATE, and the same rows as Lulus writes, in one statement."""

BUY = """
WITH seat AS (
    UPDATE batch SET seats_taken = seats_taken + 1 WHERE id = {batch} AND seats_taken < quota RETURNING id
), bought AS (
    INSERT INTO purchase (account_id, batch_id, price_group_id, group_type, state, price, unique_code, transfer_amount,
        expires_at)
    SELECT {buyer}, seat.id, g.id, g.group_type, 'pending', g.price, free.code, g.price + free.code,
        now() + interval '24 hours'
    FROM seat, price_group g, (SELECT 100 + floor(random() * 2000000000)::int AS code) AS free
    WHERE g.group_type = 'public' RETURNING id
), noted AS (
    INSERT INTO purchase_change (purchase_id, after, actor_id) SELECT id, 'pending', {buyer} FROM bought
), told AS (
    INSERT INTO outbox (name, body, request_id)
    SELECT 'purchases.purchase.created.v1', jsonb_build_object('purchase_id', id), 'bench' FROM bought
)
SELECT id FROM bought
"""
