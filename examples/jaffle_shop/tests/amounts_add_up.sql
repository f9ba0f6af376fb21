-- An order's amount is the sum of what was paid by each method.
select order_id, amount
from {{ ref('orders') }}
where amount <> credit_card_amount + coupon_amount + bank_transfer_amount + gift_card_amount
