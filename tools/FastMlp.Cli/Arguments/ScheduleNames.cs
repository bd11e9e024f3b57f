namespace FastMlp.Cli.Arguments;

/// <summary>Reads a schedule with its constants after a colon: <c>cosine</c>, <c>step:10,0.5</c>.</summary>
internal static class ScheduleNames
{
    public const string Known =
        "constant, step:every[,factor], exponential:factor, polynomial[:power[,final]], cosine[:final], cosine-restarts:period[,growth[,final]], one-cycle[:peak[,start[,final]]], inverse-scaling[:power], adaptive[:tolerance[,patience]], plateau[:factor[,patience]]";

    public static bool TryParse(string text, out Named<Schedule> schedule)
    {
        Schedule? parsed = null;
        if (ConstantList.TryParse(text, out string name, out double[] c))
        {
            try
            {
                parsed = (name, c) switch
                {
                    ("constant", []) => Schedule.Constant,
                    ("step", [_]) => Schedule.Step(c[0]),
                    ("step", [_, _]) => Schedule.Step(c[0], c[1]),
                    ("exponential", [_]) => Schedule.Exponential(c[0]),
                    ("polynomial", []) => Schedule.Polynomial(),
                    ("polynomial", [_]) => Schedule.Polynomial(c[0]),
                    ("polynomial", [_, _]) => Schedule.Polynomial(c[0], c[1]),
                    ("cosine", []) => Schedule.Cosine(),
                    ("cosine", [_]) => Schedule.Cosine(c[0]),
                    ("cosine-restarts", [_]) => Schedule.CosineRestarts(c[0]),
                    ("cosine-restarts", [_, _]) => Schedule.CosineRestarts(c[0], c[1]),
                    ("cosine-restarts", [_, _, _]) => Schedule.CosineRestarts(c[0], c[1], c[2]),
                    ("one-cycle", []) => Schedule.OneCycle(),
                    ("one-cycle", [_]) => Schedule.OneCycle(c[0]),
                    ("one-cycle", [_, _]) => Schedule.OneCycle(c[0], c[1]),
                    ("one-cycle", [_, _, _]) => Schedule.OneCycle(c[0], c[1], c[2]),
                    ("inverse-scaling", []) => Schedule.InverseScaling(),
                    ("inverse-scaling", [_]) => Schedule.InverseScaling(c[0]),
                    ("adaptive", []) => Schedule.Adaptive(),
                    ("adaptive", [_]) => Schedule.Adaptive(c[0]),
                    ("adaptive", [_, _]) when Whole(c[1]) => Schedule.Adaptive(c[0], (int)c[1]),
                    ("plateau", []) => Schedule.ReduceOnPlateau(),
                    ("plateau", [_]) => Schedule.ReduceOnPlateau(c[0]),
                    ("plateau", [_, _]) when Whole(c[1]) => Schedule.ReduceOnPlateau(c[0], (int)c[1]),
                    _ => null,
                };
            }
            catch (ArgumentException)
            {
                // A constant out of its range is no schedule either.
            }
        }

        schedule = new Named<Schedule>(text, parsed ?? Schedule.Constant);
        return parsed is not null;
    }

    private static bool Whole(double value) => value is >= 0 and <= int.MaxValue && value == Math.Floor(value);
}
