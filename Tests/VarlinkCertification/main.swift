import Glibc

// One call, so that nothing else is written at top level: code here belongs to the main actor.
exit(try run(Array(CommandLine.arguments.dropFirst())))
