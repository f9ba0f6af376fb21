{% set payment_methods = ['credit_card', 'coupon', 'bank_transfer', 'gift_card'] %}

with payments as (

    select
        order_id,
        {% for method in payment_methods -%}
        sum(case when payment_method = '{{ method }}' then amount else 0 end) as {{ method }}_amount,
        {% endfor -%}
        sum(amount) as total_amount
    from {{ ref('stg_payments') }}
    group by order_id

)

select
    orders.order_id,
    orders.customer_id,
    orders.order_date,
    orders.status,
    {% for method in payment_methods -%}
    cast(coalesce(payments.{{ method }}_amount, 0) as decimal(12, 2)) as {{ method }}_amount,
    {% endfor -%}
    cast(coalesce(payments.total_amount, 0) as decimal(12, 2)) as amount
from {{ ref('stg_orders') }} as orders
left join payments on payments.order_id = orders.order_id
