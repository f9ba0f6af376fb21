select * from {{ ref('appends') }} where id > 100
