with days as (

    select
        order_date,
        count(*) as orders,
        sum(amount) as amount
    from {{ ref('orders') }}
    group by order_date

)

select
    order_date,
    orders,
    cast(sum(orders) over last_30_days as bigint) as orders_30_days,
    cast(sum(amount) over last_30_days as decimal(12, 2)) as amount_30_days
from days
window last_30_days as (
    order by order_date range between interval 29 days preceding and current row
)
