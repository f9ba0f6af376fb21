# Read by add_layer: what only this layer's compilation needs.
target_compile_definitions(${target} PRIVATE EIDER_VERSION="${PROJECT_VERSION}")
