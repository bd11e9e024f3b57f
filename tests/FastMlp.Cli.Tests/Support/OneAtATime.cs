// Options are objects of the process, and System.CommandLine hangs them into the tree of each command line, as the command itself makes only one.
// Two trees that were made at the same time ended a test now and then in "Collection was modified; enumeration operation may not execute".
[assembly: CollectionBehavior(DisableTestParallelization = true)]
