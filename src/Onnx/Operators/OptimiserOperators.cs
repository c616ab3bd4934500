namespace Graft.Onnx;

/// <summary>Steps of optimisers over any number of tensors: weights, then gradients, then what is remembered of each.</summary>
internal static class OptimiserOperators
{
    private const string Training = "ai.onnx.preview.training";

    public static IEnumerable<Operator> Rows =>
    [
        new Operator("Adam", static node => Step(node, 2, Adam)) { Domain = Training },
        new Operator("Momentum", static node => Step(node, 1, Momentum)) { Domain = Training },
        new Operator("Adagrad", static node => Step(node, 1, Adagrad)) { Domain = Training },
    ];

    /// <summary>One weight's step: changes the weight and what is remembered of it.</summary>
    private delegate void Rule(NodeContext node, double rate, long count, ref double weight, double gradient, ref double first, ref double second);

    private static Value?[] Step(NodeContext node, int remembered, Rule rule)
    {
        double rate = node.Number(0);
        long count = node.Int64(1);
        int tensors = (node.Count - 2) / (2 + remembered);
        var outputs = new Value?[tensors * (1 + remembered)];
        for (int tensor = 0; tensor < tensors; tensor++)
        {
            var weights = node.Host(2 + tensor).Clone();
            var gradients = node.Host(2 + tensors + tensor);
            var firsts = node.Host(2 + 2 * tensors + tensor).Clone();
            var seconds = remembered > 1 ? node.Host(2 + 3 * tensors + tensor).Clone() : null;
            for (int at = 0; at < weights.Count; at++)
            {
                double weight = weights.GetDouble(at), first = firsts.GetDouble(at), second = seconds?.GetDouble(at) ?? 0;
                rule(node, rate, count, ref weight, gradients.GetDouble(at), ref first, ref second);
                weights.SetDouble(at, weight);
                firsts.SetDouble(at, first);
                seconds?.SetDouble(at, second);
            }
            outputs[tensor] = weights;
            outputs[tensors + tensor] = firsts;
            if (seconds is not null) outputs[2 * tensors + tensor] = seconds;
        }
        return outputs;
    }

    private static void Adam(NodeContext node, double rate, long count, ref double weight, double gradient, ref double first, ref double second)
    {
        double alpha = node.Attributes.Float("alpha", 0.9f), beta = node.Attributes.Float("beta", 0.999f), epsilon = node.Attributes.Float("epsilon", 1e-6f);
        gradient += node.Attributes.Float("norm_coefficient") * weight;
        first = alpha * first + (1 - alpha) * gradient;
        second = beta * second + (1 - beta) * gradient * gradient;
        if (count > 0) rate *= Math.Sqrt(1 - Math.Pow(beta, count)) / (1 - Math.Pow(alpha, count));
        weight -= rate * first / (Math.Sqrt(second) + epsilon);
        weight *= 1 - node.Attributes.Float("norm_coefficient_post");
    }

    private static void Momentum(NodeContext node, double rate, long count, ref double weight, double gradient, ref double first, ref double second)
    {
        double alpha = node.Attributes.Float("alpha"), beta = count > 0 ? node.Attributes.Float("beta") : 1;
        gradient += node.Attributes.Float("norm_coefficient") * weight;
        first = alpha * first + beta * gradient;
        weight -= rate * (node.Attributes.Text("mode") == "nesterov" ? gradient + alpha * first : first);
    }

    private static void Adagrad(NodeContext node, double rate, long count, ref double weight, double gradient, ref double first, ref double second)
    {
        rate /= 1 + count * node.Attributes.Float("decay_factor");
        gradient += node.Attributes.Float("norm_coefficient") * weight;
        first += gradient * gradient;
        weight -= rate * gradient / (Math.Sqrt(first) + node.Attributes.Float("epsilon", 1e-6f));
    }
}
