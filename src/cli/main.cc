#include "cli/program.h"

int main(int argc, char** argv) { return eider::cli::Main(argc, argv); }
