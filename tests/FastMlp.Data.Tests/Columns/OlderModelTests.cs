using FastMlp.Data;

namespace FastMlp.Tests;

/// <summary>What releases before version 3 of the preprocessing stored, with the features that they made of the same rows (written by commit f1bd1c6).</summary>
public class OlderModelTests
{
    private const string Json0 = """
        {"version":2,"task":"regression","featureNames":["age","sex=f","sex=m","sex (other)","town=Bonn","town=Ulm","town (other)","size"],"classNames":[],"targetNames":["pay"],"missingTokens":["NA","-"],"columns":[{"name":"age","kind":"number","missing":"mean","fill":40.25,"missingSeen":true},{"name":"sex","kind":"category","missing":"mean","fill":0,"missingSeen":false,"categories":["f","m"],"shares":[0.6,0.4,0]},{"name":"town","kind":"category","missing":"mean","fill":0,"missingSeen":true,"categories":["Bonn","Ulm"],"shares":[0.25,0.75,0]},{"name":"size","kind":"number","missing":"mean","fill":-396.625,"missingSeen":false}],"features":{"offset":[40.25,0.6,0.4,0,0.25,0.75,0,-396.625],"scale":[0.05974543,2.0412414,2.0412414,1,2.5819888,2.5819888,1,0.0012473599]},"targets":{"offset":[3.5],"scale":[0.70710677]}}
        """;

    private const string Features0 = "3 1 0 0 0 1 0 100 40.25 0 1 0 0.25 0.75 0 0.1 41.5 1 0 0 0.25 0.75 0 123456790 70 0.6 0.4 0 1 0 0 -0";

    private const string Json1 = """
        {"version":2,"task":"regression","featureNames":["age","sex=f","sex=m","sex (other)","town=Ulm","town (other)","size"],"classNames":[],"targetNames":["pay"],"missingTokens":["NA","-"],"columns":[{"name":"age","kind":"number","missing":"median","fill":35.5,"missingSeen":true},{"name":"sex","kind":"category","missing":"median","fill":0,"missingSeen":false,"categories":["f","m"],"shares":[0.6,0.4,0]},{"name":"town","kind":"category","missing":"median","fill":0,"missingSeen":true,"categories":["Ulm"],"shares":[0.8,0.2]},{"name":"size","kind":"number","missing":"median","fill":1.5,"missingSeen":false}],"features":{"offset":[39.3,0.6,0.4,0,0.8,0.2,-396.625],"scale":[0.05936417,2.0412414,2.0412414,1,2.5,2.5,0.0012473599]},"targets":{"offset":[3.5],"scale":[0.70710677]}}
        """;

    private const string Features1 = "3 1 0 0 1 0 100 35.5 0 1 0 1 0 0.1 41.5 1 0 0 0 1 123456790 70 0.6 0.4 0 0 1 -0";

    private const string Json2 = """
        {"version":2,"task":"regression","featureNames":["age","age (missing)","sex=f","sex=m","sex (other)","sex (missing)","town=Bonn","town=Ulm","town (other)","town (missing)","size","size (missing)"],"classNames":[],"targetNames":["pay"],"missingTokens":["NA","-"],"columns":[{"name":"age","kind":"number","missing":"indicator","fill":40.25,"missingSeen":true},{"name":"sex","kind":"category","missing":"indicator","fill":0,"missingSeen":false,"categories":["f","m"],"shares":[0.6,0.4,0]},{"name":"town","kind":"category","missing":"indicator","fill":0,"missingSeen":true,"categories":["Bonn","Ulm"],"shares":[0.25,0.75,0]},{"name":"size","kind":"number","missing":"indicator","fill":-396.625,"missingSeen":false}],"features":{"offset":[40.25,0.2,0.6,0.4,0,0,0.2,0.6,0,0.2,-396.625,0],"scale":[0.05974543,2.5,2.0412414,2.0412414,1,1,2.5,2.0412414,1,2.5,0.0012473599,1]},"targets":{"offset":[3.5],"scale":[0.70710677]}}
        """;

    private const string Features2 = "3 0 1 0 0 0 0 1 0 0 100 0 40.25 1 0 1 0 0 0 0 0 1 0.1 0 41.5 0 1 0 0 0 0.25 0.75 0 0 123456790 0 70 0 0.6 0.4 0 0 1 0 0 0 -0 0";

    private const string Json3 = """
        {"version":1,"task":"classification","featureNames":["a","b"],"classNames":["x","y"],"targetNames":["t"],"features":{"offset":[3,4.1666665],"scale":[0.61237246,0.6060915]}}
        """;

    private const string Features3 = "1 2.25 8 7";

    private const string People = "pay,town,sex,age,size,extra\n1,Ulm,f,3,1e2,q\n1,-,m,,0.1,q\n1,Rome,f,41.5,123456789,q\n1,Bonn,M,70,-0,\n";

    [Theory]
    [InlineData(Json0, Features0, People)]
    [InlineData(Json1, Features1, People)]
    [InlineData(Json2, Features2, People)]
    [InlineData(Json3, Features3, "t,b,a\nx,2.25,1\n,7,8\n")]
    public void ApplyTheSame(string json, string features, string rows)
    {
        Preprocessing p = Preprocessing.FromJson(json);
        float[] expected = [.. features.Split(' ').Select(value => float.Parse(value, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(expected, CsvDataset.LoadFeatures(new StringReader(rows), p).Features.ToArray());

        // Stored anew, in today's form, they still do.
        Assert.Equal(expected, CsvDataset.LoadFeatures(new StringReader(rows), Preprocessing.FromJson(p.ToJson())).Features.ToArray());
    }
}
