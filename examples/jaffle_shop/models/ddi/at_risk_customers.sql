-- "Today" is the day of the shop's newest order: the data stands still, and so do its insights.
with today as (

    select max(order_date) as newest_order from {{ ref('orders') }}

)

select
    customers.customer_id,
    customers.first_name,
    customers.last_name,
    customers.most_recent_order,
    date_diff('day', customers.most_recent_order, today.newest_order) as days_since_last_order,
    customers.number_of_orders,
    customers.customer_lifetime_value
from {{ ref('customers') }} as customers
cross join today
where date_diff('day', customers.most_recent_order, today.newest_order)
      > {{ var('at_risk_after_days') }}
