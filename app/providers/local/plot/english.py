"""English phrases of the planner."""

from app.providers.local.plot.phrases import Phrases
from app.providers.video import CameraCommand

__all__ = ["ENGLISH"]

ENGLISH = Phrases(
    language="en",
    words_per_second=2.6,
    small_words=(
        "the and of is was that with his her they this from are were its into when where there has as an at to it he "
        "she a in on by for but or their my your our be been had have not no so than then up out over under upon"
    ),
    clause_openers=(
        "who whom whose which that because since when while if although though until before after where as whether "
        "unless once how why than"
    ),
    joiners="and but so then yet suddenly still",
    last_joint=" and ",
    times={
        "dawn": ("dawn spreads a soft pink light", "dawn* morning* sunrise daybreak"),
        "day": ("day gives a clear, even light", "day daylight noon midday sun sunny afternoon"),
        "sunset": ("sunset colours everything gold and red", "sunset* evening* dusk twilight"),
        "night": ("night lays a cool moonlight over everything", "night* midnight moon* stars starry"),
    },
    weathers={
        "rain": ("rain glistens on every surface", "rain* drizzle* downpour puddle*"),
        "snow": ("snow smooths every shape", "snow* winter* frost* ice icy blizzard*"),
        "fog": ("fog blurs the distance", "fog* mist misty haze hazy"),
        "storm": ("a storm lights the sky with lightning", "storm* thunder* lightning hurricane* tempest*"),
        "wind": ("wind moves everything that is light", "wind winds windy breeze* gale*"),
    },
    places={
        "sea": (
            "the sea stretches into the distance",
            "sea seas ocean* beach* wave waves coast* harbour harbor cliff* shore*",
        ),
        "lake": ("a calm lake lies close by", "lake lakes pond*"),
        "river": ("a river runs through the frame", "river* stream streams creek*"),
        "mountains": ("mountains close the horizon", "mountain* peak peaks valley* hill hills summit*"),
        "forest": ("the forest stands as a dark wall of trees", "forest* wood woods woodland jungle glade*"),
        "city": ("the city draws its line of roofs", "city cities town towns street* skyscraper* subway downtown"),
        "desert": ("the desert rolls to the horizon", "desert deserts dune*"),
        "field": ("fields and a village lie in broad stripes", "field fields meadow* village* farm* orchard* garden*"),
        "room": (
            "the room holds the scene in a warm half-shade",
            "room* kitchen* bedroom* attic* workshop* library indoors",
        ),
        "space": (
            "space opens in the background, black and full of stars",
            "space spaceship* planet* orbit* galax* rocket* asteroid*",
        ),
    },
    moods={
        "calm": ("the mood is calm and the colours are muted", "calm* quiet* silen* slow* gentl* peace* dream* sleep*"),
        "joy": (
            "the mood is joyful and the colours are warm and rich",
            "joy* laugh* happ* cheer* danc* smil* celebrat*",
        ),
        "sorrow": (
            "the mood is sad and the colours are faded and cool",
            "sad* cry cries cried tear tears lonel* grief alone lost died dead",
        ),
        "tension": (
            "the mood is tense and the contrasts are sharp",
            "fear* afraid danger* escap* fight* fought scream* sudden* chas* threat*",
        ),
        "mystery": (
            "the mood is mysterious and the shadows are deep",
            "myster* secret* magic* ghost* strange* unknown riddle* vanish*",
        ),
        "warmth": (
            "the mood is tender and the light is warm and soft",
            "love* friend* home famil* hug* heart hearts mother grandmother",
        ),
    },
    subjects={
        "keeper": ("the keeper", "keeper*"),
        "lighthouse": ("the lighthouse", "lighthouse*"),
        "girl": ("the girl", "girl girls daughter sister"),
        "boy": ("the boy", "boy boys son brother"),
        "child": ("the child", "child children kid kids"),
        "woman": ("the woman", "woman women mother grandmother lady wife"),
        "man": ("the man", "man men father grandfather fisherman husband"),
        "dog": ("the dog", "dog dogs puppy puppies hound"),
        "cat": ("the cat", "cat cats kitten*"),
        "bird": ("the bird", "bird birds gull gulls seagull* owl owls eagle* raven*"),
        "horse": ("the horse", "horse horses pony"),
        "ship": ("the ship", "ship ships boat boats sail sails vessel* yacht*"),
        "house": ("the house", "house houses cottage* cabin* hut huts"),
        "castle": ("the castle", "castle* fortress*"),
        "tree": ("the tree", "tree trees oak oaks"),
        "car": ("the car", "car cars automobile*"),
        "train": ("the train", "train trains locomotive*"),
        "dragon": ("the dragon", "dragon*"),
        "robot": ("the robot", "robot* android*"),
        "king": ("the king", "king kings queen queens prince* princess*"),
    },
    opening_shots=(
        "Wide establishing shot",
        "Full shot with a strong horizon",
        "Medium close-up against a soft background",
        "Low-angle shot",
        "Bird's-eye view",
    ),
    further_shots=(
        "Close-up on one detail of the same scene",
        "The same place seen through the foreground",
        "Silhouettes against the light in the same scene",
        "Close shot that shows the reaction",
        "Reflections and shadows of the same scene",
        "Distant shot in which the scene grows small",
        "Side view at eye level",
    ),
    cameras={
        CameraCommand.PUSH_IN: "The camera moves slowly closer",
        CameraCommand.PULL_OUT: "The camera slowly draws back",
        CameraCommand.PAN_LEFT: "The camera turns smoothly to the left",
        CameraCommand.PAN_RIGHT: "The camera turns smoothly to the right",
        CameraCommand.TILT_UP: "The camera lifts its gaze upwards",
        CameraCommand.TILT_DOWN: "The camera lowers its gaze",
        CameraCommand.TRUCK_LEFT: "The camera glides sideways to the left",
        CameraCommand.TRUCK_RIGHT: "The camera glides sideways to the right",
        CameraCommand.PEDESTAL_UP: "The camera rises straight up",
        CameraCommand.ZOOM_IN: "The lens gently brings the picture closer",
        CameraCommand.TRACKING_SHOT: "The camera follows the movement in the frame",
        CameraCommand.STATIC_SHOT: "The camera stands still",
        CameraCommand.SHAKE: "The handheld camera trembles slightly",
    },
    flow="the movement continues from the last frame of the shot before",
    start="the movement begins in the first frame of the film",
    kept_in_view="in the frame: {subjects}",
    style="visual style",
    still="Still at the end of the shot: {beat}; {ending}; {light}.",
    last_still="Last still of the film: {beat}; {ending}; {light}.",
    endings=(
        "the main motif stands a little to one side",
        "everything comes to rest in the middle of the frame",
        "much empty space is left above",
        "the lines lead the eye to the horizon",
        "the foreground is sharp and the background soft",
    ),
    bridges=(
        (
            "This is how the story begins.",
            "Nothing yet hints at a change.",
            "Everything here has its place.",
            "Time passes slowly.",
            "There is silence.",
            "Every detail holds a promise.",
            "The world holds its breath.",
        ),
        (
            "Then something changes.",
            "Nothing will be the same again.",
            "The way leads on.",
            "A question appears without an answer.",
            "Unease grows.",
            "Someone has to take the first step.",
            "Something new waits around the corner.",
        ),
        (
            "Now every moment counts.",
            "There is no way back.",
            "Everything hangs on a single moment.",
            "Hearts beat faster.",
            "Courage comes at the last minute.",
            "The answer is close now.",
            "This is it.",
        ),
        (
            "Slowly, peace returns.",
            "A memory remains that will not fade.",
            "Something ends and something begins.",
            "Now it is time to breathe.",
            "Everything finds its place again.",
            "And so the story ends.",
            "The end.",
        ),
    ),
    later=(
        "A moment later",
        "Soon after",
        "In this silence",
        "Meanwhile",
        "One step on",
        "Once more",
        "After a while",
        "Still",
    ),
    untitled="A short story",
    notes=(
        "One style throughout the film; at first {light}. {subjects}Each shot begins in the frame in which "
        "the one before ended; people, clothes and places do not change."
    ),
    foreign_note="The story is in another language and this planner does not translate: narration only accompanies it.",
)
