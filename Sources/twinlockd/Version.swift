/// The daemon's version, as `--version` and `GetInfo` tell it.
let version = "0.1.0"
