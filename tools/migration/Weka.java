// Facts about Weka's MultilayerPerceptron, each checked by running it.
import java.io.StringReader;
import java.util.Arrays;
import java.util.regex.*;
import weka.classifiers.functions.MultilayerPerceptron;
import weka.core.*;

public class Weka {
    static void check(boolean holds, String what) { if (!holds) throw new AssertionError(what); }

    static Instances data(double scale) throws Exception {
        StringBuilder arff = new StringBuilder("@relation r\n@attribute a numeric\n@attribute b numeric\n@attribute c numeric\n@attribute kind {z,a,m}\n@data\n");
        java.util.Random random = new java.util.Random(1);
        for (int i = 0; i < 60; i++)
            arff.append(scale * random.nextGaussian()).append(',').append(random.nextGaussian()).append(',').append(random.nextGaussian()).append(',').append("zam".charAt(i % 3)).append('\n');
        Instances read = new Instances(new StringReader(arff.toString()));
        read.setClassIndex(3);
        return read;
    }

    public static void main(String[] args) throws Exception {
        System.out.println("program|Weka " + Version.VERSION);
        MultilayerPerceptron net = new MultilayerPerceptron();
        check(net.getLearningRate() == 0.3 && net.getMomentum() == 0.2 && net.getTrainingTime() == 500 && net.getValidationSetSize() == 0 && !net.getDecay(), "defaults");
        System.out.println("optimizer|SGD, one row at a time, rate 0.3, momentum 0.2, 500 passes, no held-out rows");
        net.setLearningRate(1e-12); net.setMomentum(0); net.setTrainingTime(1); net.setHiddenLayers("200");
        net.buildClassifier(data(1));
        Matcher weights = Pattern.compile("(?:Threshold|Attrib \\w+|Node \\d+) +(-?[\\d.E-]+)\n").matcher(net.toString());
        double largest = 0; int count = 0;
        while (weights.find()) { largest = Math.max(largest, Math.abs(Double.parseDouble(weights.group(1)))); count++; }
        check(count > 1000 && largest <= 0.05 && largest > 0.049, "start " + largest + " " + count);
        System.out.println("start|weights and biases from U(-0.05, 0.05), whatever the layer");
        MultilayerPerceptron hidden = new MultilayerPerceptron();
        hidden.setTrainingTime(1);
        hidden.buildClassifier(data(1));
        Matcher nodes = Pattern.compile("Sigmoid Node (\\d+)").matcher(hidden.toString());
        int found = 0;
        while (nodes.find()) found++;
        check(found == 3 + (3 + 3) / 2, "hidden " + found);
        System.out.println("layers|one hidden layer of (attributes + classes) / 2 sigmoid units (`-H a`)");
        check(Pattern.compile("Class z\\s+Input\\s+Node 0").matcher(hidden.toString()).find(), "order");
        System.out.println("classes|in the order of the ARFF header, which nothing sorts; a sigmoid for each, also of two, divided by their sum");
        double[] p = hidden.distributionForInstance(data(1).instance(0)), q;
        check(Math.abs(Arrays.stream(p).sum() - 1) < 1e-9, "sum");
        MultilayerPerceptron scaled = new MultilayerPerceptron();
        scaled.setTrainingTime(1);
        scaled.buildClassifier(data(1000));
        q = scaled.distributionForInstance(data(1000).instance(0));
        for (int i = 0; i < 3; i++) check(Math.abs(p[i] - q[i]) < 1e-9, "scaling");
        System.out.println("data|attributes, and a numeric class, are scaled to -1 to 1 by the training rows");
        System.out.println("decay|none: the option `-D`, off unless given, is about the rate");
    }
}
