using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using FastMlp.Cli.Config;

namespace FastMlp.Cli;

/// <summary>The examples at the end of each command's help.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, string[]> lines = new()
    {
        ["fastmlp"] = ["fastmlp train digits", "fastmlp predict digits.safetensors new.csv"],
        ["train"] =
        [
            "fastmlp train digits --report digits.html",
            "fastmlp train houses.csv --target price --missing median --ignore id --layers 64,32 --out price.safetensors",
            "fastmlp train mnist/ --layers 256 --epochs 10 --early-stop 3",
            "fastmlp train large.csv --stream --epochs 1",
            "fastmlp train digits --optimizer adamw --schedule cosine --warm-up 1 --dropout 0.2 --save-config digits.json",
            "fastmlp train --config digits.json --seed 2",
        ],
        ["evaluate"] =
        [
            "fastmlp evaluate digits.safetensors digits --held-out",
            "fastmlp evaluate price.safetensors houses-2026.csv --report houses.html",
        ],
        ["predict"] =
        [
            "fastmlp predict price.safetensors new.csv --out prices.csv",
            "fastmlp predict iris.safetensors iris --probabilities",
            "tail -n 5 new.csv | cat header.csv - | fastmlp predict price.safetensors -",
        ],
        ["inspect"] = ["fastmlp inspect digits.safetensors", "fastmlp inspect model.onnx --json"],
        ["convert"] = ["fastmlp convert digits.safetensors digits.onnx", "fastmlp convert torch.onnx torch.safetensors --output probabilities"],
        ["info"] = ["fastmlp info --json"],
        ["bench"] = ["fastmlp bench", "fastmlp bench --layers 784,512,512,10 --batch 1,64 --seconds 3"],
        ["completion"] = ["source <(fastmlp completion bash)", "fastmlp completion fish > ~/.config/fish/completions/fastmlp.fish"],
    };

    public static IReadOnlyList<string> Of(string command) => lines[command];

    public static void AddTo(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Aliases.Remove("/?"); // these are paths elsewhere than on Windows
        help.Aliases.Remove("/h");
        help.Action = new Help((HelpAction)help.Action!);
    }

    private sealed class Help(HelpAction plain) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            Command command = parseResult.CommandResult.Command;
            TextWriter output = parseResult.InvocationConfiguration.Output;
            OptionGroup[] groups = command.Name == "train" ? [.. TrainCommand.Groups] : [];
            int code = WithoutOptionsOf(groups, () => plain.Invoke(parseResult));
            foreach (OptionGroup group in groups)
            {
                group.WriteTo(output);
            }

            output.WriteLine("Examples:");
            foreach (string line in Of(command is RootCommand ? "fastmlp" : command.Name))
            {
                output.WriteLine("  " + line);
            }

            return code;
        }

        /// <summary>The plain help shows all options under one heading: those of groups are hidden from it.</summary>
        private static int WithoutOptionsOf(OptionGroup[] groups, Func<int> help)
        {
            Option[] options = [.. groups.SelectMany(group => group.Options)];
            Array.ForEach(options, option => option.Hidden = true);
            try
            {
                return help();
            }
            finally
            {
                Array.ForEach(options, option => option.Hidden = false);
            }
        }
    }
}
