"""Issue 3, the answer page in a real browser: works without script, and with one it "sends again by
itself when the signal returns"."""

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from answer_link import begin, link_of
from harness import wait_until
from test_answer_page import NASTY

SIZES = {"phone": (320, 640), "desk": (1280, 800)}


def open_browser(folder, script=True, size="phone"):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", f"--user-data-dir={folder}"):
        options.add_argument(argument)
    if not script:
        options.add_experimental_option(
            "prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    width, height = SIZES[size]
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone"})
    return browser


@pytest.fixture
def browsers(tmp_path):
    """browsers(script=False, size="desk") opens one; all are closed at the end."""
    made = []

    def make(**how):
        made.append(open_browser(tmp_path / f"browser-{len(made)}", **how))
        return made[-1]
    yield make
    for browser in made:
        browser.quit()


def address(g, link):
    return f"http://127.0.0.1:{g.http_port}/a/{link.token}"


def button(browser, words):
    found = [b for b in browser.find_elements(By.TAG_NAME, "button") if words in b.text]
    assert found, words
    return found[0]


def text(browser):
    """What can be read now; also between two pages."""
    return browser.execute_script("return document.body ? document.body.innerText : ''")


def until_text(browser, words):
    wait_until(lambda: words in text(browser), f"{words!r} in {text(browser)!r}")


def complaints(browser):
    """What the browser says in its console about a page that breaks its own rules."""
    return [e["message"] for e in browser.get_log("browser") if "ERR_" not in e["message"]
            and "favicon" not in e["message"]]


@pytest.mark.parametrize("script", [False, True], ids=["no_script", "script"])
def test_every_answer_in_a_browser(world, browsers, script):
    """我去, 到了, 需要支援, 结束 with an outcome: the same with the browser's own form and with the
    script."""
    g, home, family, grid, doctor, _, call = begin(world)
    browser = browsers(script=script)
    browser.get(address(g, link_of(g, grid)))
    assert "还没有人" in text(browser)
    button(browser, "20分钟").click()
    until_text(browser, "您是第一个")
    assert g.events("incident.acked")[0]["data"]["eta"] == 20
    button(browser, "我到了").click()
    until_text(browser, "您已到场")
    button(browser, "需要支援").click()
    until_text(browser, "正在再叫人")
    doctor.wait(state="open")
    button(browser, "结束").click()
    assert g.incident()["state"] == "arrived", "the browser asks for the outcome first"
    browser.find_element(By.CSS_SELECTOR, "#outcome option[value=helped]").click()
    browser.find_element(By.ID, "note").send_keys("扶起来了")
    button(browser, "结束").click()
    until_text(browser, "已结束")
    assert (g.incident()["outcome"], g.incident()["notes"][0]["text"]) == ("helped", "扶起来了")
    assert complaints(browser) == []


def test_script_is_off_where_it_is_said_to_be(world, browsers):
    """Guards the test above: in its browser no script of the page runs."""
    g, _, family, *_ = begin(world)
    link = link_of(g, family)
    for script in (False, True):
        browser = browsers(script=script)
        browser.get(address(g, link))
        g.stop()
        button(browser, "我去不了").click()
        if script:
            until_text(browser, "没有信号")
        else:
            wait_until(lambda: "我去不了" not in browser.page_source, "the browser's own error page")
        g.start()


@pytest.mark.parametrize("how", ["gateway_away", "phone_offline"])
def test_sent_again_when_the_signal_returns(world, browsers, how):
    """Pressed three times without a signal; when it returns the answer comes by itself, once."""
    g, home, family, grid, doctor, _, call = begin(world)
    browser = browsers()
    browser.get(address(g, link_of(g, grid)))

    def signal(there):
        if how == "gateway_away":
            if there:
                g.start()
            else:
                g.kill()
        else:
            browser.execute_cdp_cmd("Network.enable", {})
            browser.execute_cdp_cmd("Network.emulateNetworkConditions", {
                "offline": not there, "latency": 0, "downloadThroughput": -1,
                "uploadThroughput": -1})
    signal(False)
    for _ in range(3):
        button(browser, "10分钟").click()
    until_text(browser, "没有信号，正在重试")
    signal(True)
    until_text(browser, "您是第一个")
    assert "没有信号" not in text(browser)
    acked = g.events("incident.acked")
    assert len(acked) == 1 and acked[0]["data"]["eta"] == 10
    assert g.events("incident.noted") == []
    assert browser.execute_script("return localStorage.length") == 0


def test_kept_over_a_closed_page(world, browsers, tmp_path):
    """What was pressed without a signal is sent when the page is opened again."""
    g, _, family, *_ = begin(world)
    where = address(g, link_of(g, family))
    browser = browsers()
    browser.get(where)
    g.kill()
    button(browser, "我去不了").click()
    until_text(browser, "没有信号，正在重试")
    browser.get("about:blank")
    g.start()
    assert g.events("incident.declined") == []
    browser.get(where)
    until_text(browser, "您去不了")
    assert len(g.events("incident.declined")) == 1


def test_an_answer_that_arrived_counts_once_though_its_reply_was_lost(world, browsers):
    """The gateway had the answer, but the phone never heard so: sent again, it changes nothing."""
    g, _, family, grid, *_ = begin(world)
    browser = browsers()
    browser.get(address(g, link_of(g, grid)))
    form = link_of(g, grid).get().page
    nonce = browser.find_element(By.CSS_SELECTOR, "input[name=how][value=going]").find_element(
        By.XPATH, "../input[@name='id']").get_attribute("value")
    assert nonce != form.form("ack", how="going")["id"]
    link_of(g, grid).post({"id": nonce, "action": "ack", "how": "going"})
    g.wait_event("incident.acked")
    button(browser, "我去").click()
    until_text(browser, "您是第一个")
    assert len(g.events("incident.acked")) == 1 and g.events("incident.noted") == []


def overflow(browser):
    return browser.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_it_can_be_read_and_pressed(tmp_path, world, browsers, size, language):
    """Nothing is wider than the screen, also with the longest names; what is pressed is large; every
    field has a label; the words are dark enough."""
    g, _, family, *_ = begin(world, language=language)
    g.ctl("resident", "set", "r1", "name=" + "a" * 100, "address=" + "石门村二组" * 20)
    browser = browsers(size=size)
    browser.get(address(g, link_of(g, family)))
    assert overflow(browser) <= 0
    for element in browser.find_elements(By.CSS_SELECTOR, "button, a.b, select, input[type=text]"):
        assert element.rect["height"] >= 44, element.text
        assert element.rect["width"] >= 44, element.text
    for field in browser.find_elements(By.CSS_SELECTOR, "select, input[type=text]"):
        label = browser.find_element(By.CSS_SELECTOR, f"label[for={field.get_attribute('id')}]")
        assert label.is_displayed() and label.text
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
    assert min(contrasts(browser)) >= 4.5
    browser.save_screenshot(str(tmp_path / "page.png"))


def contrasts(browser):
    """Contrast of every text with what is behind it (WCAG 2.1, 1.4.3)."""
    return browser.execute_script("""
        function light(c){var v=c.match(/[\\d.]+/g).slice(0,3).map(function(x){x/=255;
            return x<=0.03928?x/12.92:Math.pow((x+0.055)/1.055,2.4);});
            return 0.2126*v[0]+0.7152*v[1]+0.0722*v[2];}
        function behind(e){while(e){var b=getComputedStyle(e).backgroundColor;
            if(b!=='rgba(0, 0, 0, 0)')return b;e=e.parentElement;}return 'rgb(255,255,255)';}
        return [].slice.call(document.querySelectorAll('main *')).filter(function(e){
            return e.innerText&&e.innerText.trim();}).map(function(e){
            var a=light(getComputedStyle(e).color),b=light(behind(e));
            return (Math.max(a,b)+0.05)/(Math.min(a,b)+0.05);});""")


def test_nothing_is_loaded_and_nothing_of_others_runs(world, browsers):
    """Words of others are shown as they are; the page asks for nothing but itself."""
    g, _, family, *_ = begin(world)
    g.ctl("resident", "set", "r1", f"name={NASTY}", f"address={NASTY}")
    browser = browsers()
    browser.get(address(g, link_of(g, family)))
    assert NASTY in text(browser)
    loaded = browser.execute_script(
        "return performance.getEntriesByType('resource').map(function(e){return e.name})")
    assert [name for name in loaded if "favicon" not in name] == []
    assert complaints(browser) == []
