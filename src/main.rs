//! The `vpcreach` program. Everything is in the library; here only the exit code leaves.

fn main() -> vpcreach::cli::Exit {
    vpcreach::cli::run(std::env::args_os())
}
