using System.CommandLine;
using FastMlp.PerfGuard;

Option<string?> against = new("--against") { Description = "The git ref to compare with; by default the merge base with main." };
Option<string?> inject = new("--inject") { Description = "Slow cases down on purpose, to test the gate: a percentage, or percentage:part of a case's name." };
Option<double> seconds = new("--seconds") { Description = "Time to measure; the build of the other side comes on top.", DefaultValueFactory = _ => 110 };
Option<bool> worker = new("--worker") { Hidden = true };
RootCommand root = new("Measures this build and another git ref's side by side, and fails when a case became slower.") { against, inject, seconds, worker };
root.SetAction(arguments =>
{
    Injection? injection = Injection.Parse(arguments.GetValue(inject));
    if (arguments.GetValue(worker))
    {
        return Worker.Serve(Console.In, Console.Out, injection);
    }

    string? asked = arguments.GetValue(against);
    try
    {
        Repository repository = Repository.Find();
        string other = asked ?? repository.DefaultRef() ?? throw new NotBuiltException("There is no earlier commit here to compare with (a shallow clone?).");
        using Worktree tree = repository.Build(other);
        Console.WriteLine($"Comparing this build with {other}.");
        return new Gate(typeof(Gate).Assembly.Location, tree.Program, injection, TimeSpan.FromSeconds(arguments.GetValue(seconds))).Run(Console.Out);
    }
    catch (NotBuiltException e) when (asked is null)
    {
        // Nobody asked for this commit: that it cannot be built, after a break of the public API, is no fault of the change.
        Console.WriteLine($"{e.Message}\nNothing was judged.");
        return 0;
    }
    catch (GuardException e)
    {
        Console.Error.WriteLine(e.Message);
        return 2;
    }
});
return root.Parse(args).Invoke();
