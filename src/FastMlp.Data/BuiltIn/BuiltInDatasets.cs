using System.Diagnostics.CodeAnalysis;

namespace FastMlp.Data;

/// <summary>
/// Five small real data sets, embedded and compressed. Values are as measured: scaling is left to <see cref="Scaler"/>.
/// Class names are sorted, as for any CSV file. Sources and licences: Datasets/SOURCES.md.
/// </summary>
public static class BuiltInDatasets
{
    private const string UciLicence = "CC BY 4.0 (UCI Machine Learning Repository)";

    /// <summary>All of them, in the order of <see cref="Names"/>.</summary>
    public static IReadOnlyList<BuiltInDataset> All { get; } =
    [
        new("digits", DataTask.Classification,
            "1,797 handwritten digits as 8 x 8 counts from 0 to 16; which of 10 digits is it?",
            "E. Alpaydin, C. Kaynak (1998), Optical Recognition of Handwritten Digits, the test set", UciLicence),
        new("iris", DataTask.Classification,
            "150 iris flowers, 4 lengths in cm; which of 3 species is it?",
            "R. A. Fisher (1936), with the values of the paper", UciLicence),
        new("wine", DataTask.Classification,
            "178 Italian wines, 13 chemical measurements; which of 3 growers made it?",
            "M. Forina et al., PARVUS; S. Aeberhard (1992)", UciLicence),
        new("breast-cancer", DataTask.Classification,
            "569 biopsies, 30 measurements of cell nuclei; benign or malignant?",
            "W. H. Wolberg, W. N. Street, O. L. Mangasarian (1995), Breast Cancer Wisconsin (Diagnostic)", UciLicence),
        new("diabetes", DataTask.Regression,
            "442 patients, age, sex, body mass index, blood pressure and 6 blood serum values, unscaled; how far has diabetes progressed a year later?",
            "B. Efron, T. Hastie, I. Johnstone, R. Tibshirani (2004), Least Angle Regression",
            "none stated; published by the authors with the paper, passed on by scikit-learn"),
    ];

    /// <summary>The names: digits, iris, wine, breast-cancer, diabetes.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(d => d.Name)];

    /// <summary>1,797 rows of 64 features (8 x 8 counts, 0 to 16), 10 classes.</summary>
    public static Dataset Digits() => All[0].Load();

    /// <summary>150 rows of 4 features (cm), 3 classes.</summary>
    public static Dataset Iris() => All[1].Load();

    /// <summary>178 rows of 13 features, 3 classes.</summary>
    public static Dataset Wine() => All[2].Load();

    /// <summary>569 rows of 30 features, 2 classes: benign (0) and malignant (1).</summary>
    public static Dataset BreastCancer() => All[3].Load();

    /// <summary>442 rows of 10 features in their own units, one target from 25 to 346.</summary>
    public static Dataset Diabetes() => All[4].Load();

    /// <summary>The data set of that name, in any letter case; false if there is none.</summary>
    public static bool TryGet(string name, [NotNullWhen(true)] out BuiltInDataset? dataset)
    {
        dataset = All.FirstOrDefault(d => string.Equals(d.Name, name, StringComparison.OrdinalIgnoreCase));
        return dataset is not null;
    }

    /// <summary>The rows of the data set of that name, in any letter case; false if there is none.</summary>
    public static bool TryLoad(string name, [NotNullWhen(true)] out Dataset? dataset)
    {
        dataset = TryGet(name, out BuiltInDataset? found) ? found.Load() : null;
        return dataset is not null;
    }
}
