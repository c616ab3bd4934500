using Graft.Transfer;

namespace Graft.Tasks;

/// <content>Another task that is learnt in the same steps.</content>
public abstract partial class ImageTask<TData, TPrediction>
{
    private const string JointStream = "joint";

    /// <summary>The pictures of another task, with labels of their own.</summary>
    /// <exception cref="ArgumentException">This task has none of that kind.</exception>
    private protected virtual TData JointOf(JointOptions options) =>
        throw new ArgumentException("tasks are learnt jointly from pictures of one class each: leave the other one out");

    /// <summary>Takes over what another task has learnt; null where there was none.</summary>
    private protected virtual void Keep(TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions>? joint)
    {
    }

    /// <summary>The training with that of another task; its pictures.</summary>
    private (ITrainingSet Data, JointTask? Joint, TData? Pictures) WithJoint(
        TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> copy, ITrainingSet data, ImageFineTuneOptions how, Action<int, ImageException>? unreadable)
    {
        if (!how.Joint.IsAsked) return (data, null, null);
        if (copy.Adapters is not null) throw new ArgumentException($"{copy.Model.Name} has adapters, which are one task's alone: merge them first, or leave the other task out");
        var pictures = JointOf(how.Joint);
        var head = copy.Model.Remake(LabelsOf(pictures).Count, SeedOf(how, JointStream));
        var joint = new JointTask(copy.Model, head, Beside(pictures, copy.Inputs, how, JointStream, unreadable), LossOver(pictures, how));
        return (new JoinedTasks((data, 1), (joint, how.Joint.Weight ?? 1)), joint, pictures);
    }

    /// <summary>What another task has learnt by the end of a training, as a state of its own: of how it came about nothing is recorded that would make it again.</summary>
    private TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> Learnt(
        JointTask joint, TData pictures, TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> beside)
    {
        var config = beside.Config with { Labels = [.. LabelsOf(pictures)] };
        return beside with { Model = joint.Take(), Config = config, Manifest = beside.Manifest with { Recipe = null, Metrics = new Dictionary<string, double>() } };
    }
}
