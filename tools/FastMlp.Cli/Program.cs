using FastMlp.Cli;
using FastMlp.Cli.Reporting;

return Cli.Run(args, CommandConsole.OfProcess());
